// What pages do beyond HTML: events go on by themselves, the overview stays fresh, keys lead
// through all, and dark or light is as chosen. Each page is whole without it.
"use strict";

// Before anything is painted, or a page would flash in the other colours.
const chosen = (() => {
  try { return localStorage.getItem("theme"); } catch { return null; }
})();
if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;

document.addEventListener("DOMContentLoaded", () => {
  const FRESH_AFTER = 2000; // milliseconds
  const SECOND_KEY_WITHIN = 1500;
  const MOST_ROWS = 1000;
  const MOST_WAITING = 500;
  const BAD = 400; // from this status on a response refuses
  const REFUSED = 10000; // milliseconds after which to ask again where there were too many
  const DRAW_AFTER = 100; // milliseconds, so that a flood is drawn at once and not row by row

  const BASE = document.documentElement.dataset.base ?? ""; // where the pages of an upload begin

  const tail = document.querySelector("[data-stream]");
  if (tail && window.EventSource) follow(tail);
  if (document.querySelector("[data-fresh]")) stayFresh();
  offerTheme();
  takeKeys();
  // On a phone the menu is a strip, and where one is may lie beside the screen.
  for (const here of document.querySelectorAll("nav [aria-current]")) here.scrollIntoView({ block: "nearest" });

  function follow(tail) {
    const table = document.getElementById(tail.dataset.table) ?? document.querySelector("table");
    const most = Number(tail.dataset.most) || MOST_ROWS;
    const byDay = !tail.dataset.most;
    const template = document.getElementById("row");
    const state = tail.querySelector("[data-state]");
    const counts = tail.querySelector("[data-counts]");
    const button = tail.querySelector("button");
    const waiting = []; // [number, event] that are not drawn yet
    let next = Number(tail.dataset.from);
    let source = null;
    let pressed = false;
    let timer = null;
    let missed = 0;
    let lost = false;

    function open() {
      const url = new URL(tail.dataset.stream, location.href);
      url.searchParams.set("s", next);
      source = new EventSource(url);
      source.addEventListener("open", () => {
        lost = false;
        delete tail.dataset.refused;
        tell();
      });
      source.addEventListener("error", () => {
        lost = true;
        if (source?.readyState === EventSource.CLOSED) { // refused: a browser does not come back
          source = null;
          tail.dataset.refused = "";
          setTimeout(() => source || document.hidden || open(), REFUSED);
        }
        tell();
      });
      source.addEventListener("message", (message) => {
        const number = parseInt(message.lastEventId, 10);
        next = number + 1;
        waiting.push([number, JSON.parse(message.data)]);
        if (waiting.length > MOST_WAITING) { waiting.shift(); missed += 1; }
        soon();
      });
      source.addEventListener("missed", (message) => {
        missed += JSON.parse(message.data).missed;
        soon();
      });
      // Numbers begin anew with the program: what stands here is of another run.
      source.addEventListener("restarted", () => location.reload());
    }

    function close() {
      source.close();
      source = null;
    }

    // Whoever reads further down must not have the rows move away, where they become more.
    function scrolled() {
      return byDay && table.getBoundingClientRect().top < 0;
    }

    function soon() {
      timer ??= setTimeout(() => { timer = null; draw(); }, DRAW_AFTER);
    }

    function draw() {
      if (!pressed && !scrolled()) {
        for (const [number, event] of waiting.splice(0)) put(number, event);
        for (let over = rows() - most; over > 0; over -= 1) drop();
      }
      tell();
    }

    function tell() {
      const paused = pressed || (waiting.length && scrolled());
      set(state, lost ? "Connection lost, trying again" : paused ? "Paused" : "Live");
      const told = [];
      if (waiting.length) told.push(`${waiting.length} new`);
      if (missed) told.push(`${missed} missed`);
      set(counts, told.join(", "));
      set(button, pressed ? "Go on" : "Pause");
      button.setAttribute("aria-pressed", String(pressed));
    }

    function put(number, event) {
      const day = event["@timestamp"].slice(0, 10);
      let body = table.tBodies[0];
      if (byDay && body.querySelector("th")?.textContent !== day) {
        body = table.insertBefore(document.createElement("tbody"), body);
        const head = body.insertRow().appendChild(document.createElement("th"));
        head.scope = "rowgroup";
        head.colSpan = template.content.querySelectorAll("td").length;
        head.textContent = day;
      }
      const row = template.content.firstElementChild.cloneNode(true);
      fill(row, number, event);
      if (byDay) body.rows[0].after(row);
      else body.prepend(row);
      document.querySelector("[data-none]")?.remove();
    }

    function rows() {
      return [...table.tBodies].reduce((sum, body) => sum + body.rows.length, 0);
    }

    function drop() {
      const body = table.tBodies[table.tBodies.length - 1];
      body.rows[body.rows.length - 1]?.remove();
      if (byDay && body.rows.length < 2) body.remove();
    }

    button.addEventListener("click", () => { pressed = !pressed; draw(); });
    document.addEventListener("scroll", soon, { passive: true });
    // A browser has six connections to a server: pages that nobody sees give theirs back.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && source) close();
      else if (!document.hidden && !source) open();
    });
    window.addEventListener("pagehide", () => source && close());
    window.addEventListener("pageshow", () => source || open());
    tail.hidden = false;
    tell();
    if (!document.hidden) open();
  }

  function set(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  // The cells of an event, as the template of the page has them.
  function fill(row, number, event) {
    const sip = event.sip ?? {};
    const cell = (name) => row.querySelector(`[data-cell="${name}"]`);
    const say = (name, text) => {
      const into = cell(name); // not each table has all of them
      if (into) into.textContent = printable(String(text ?? ""));
    };
    say("number", number);
    const time = cell("time");
    time.dateTime = event["@timestamp"];
    time.textContent = event["@timestamp"].slice(11, 23);
    say("type", event.type);
    say("rate", tooOften(event.rate));
    say("status", sip.response?.status);
    if (sip.response?.status >= BAD) cell("status").closest("td").classList.add("bad");
    breakable(cell("reason"), sip.sip_reason ?? event.error?.reason ?? "", "/");
    say("duration", span(event.event?.duration));
    say("method", sip.request?.method);
    breakable(cell("from"), sip.from ?? end(event.client), "@");
    breakable(cell("to"), sip.to ?? end(event.server), "@");
    if (cell("call_id")) breakable(cell("call_id"), sip.call_id ?? event.error?.excerpt ?? "", "@");
    // What has been followed has a page, and what could not be read has none.
    const id = encodeURIComponent(sip.call_id ?? "");
    lead(cell("call"), id && !event.error && `${BASE}/calls/id?cid=${id}`);
    const user = event.type.startsWith("reg-") && sip.to;
    lead(cell("who"), user && `${BASE}/regs/aor?aor=${encodeURIComponent(user)}`);
    lead(cell("events"), id && `${BASE}/events?cid=${id}&exact=1`);
  }

  function lead(link, href) {
    if (href) link?.setAttribute("href", href);
    else link?.remove();
  }

  function end(side) {
    if (!side?.ip) return "";
    return `${side.ip.includes(":") ? `[${side.ip}]` : side.ip}:${side.port ?? 0}`;
  }

  function tooOften(rate) {
    const told = [];
    if (rate?.exceeded) told.push(`no. ${rate.count} too many`);
    if (rate?.suppressed) told.push(`${rate.suppressed} left out before`);
    return told.join(", ");
  }

  // A time in seconds as pages write it: 1m2.5s, to the millisecond.
  function span(seconds) {
    if (seconds === undefined) return "";
    const all = Math.round(seconds * 1000);
    if (all === 0) return "0s";
    if (all < 1000) return `${all}ms`;
    const minutes = Math.floor(all / 60000);
    const rest = `${(all % 60000) / 1000}s`;
    if (minutes === 0) return rest;
    return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`;
  }

  // Spell out what is not printable, such as what turns the direction of writing.
  function printable(text) {
    return text.replace(/(?! )[\p{C}\p{Z}]/gu, (char) => {
      const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[char];
      const code = char.codePointAt(0);
      const digits = code < 256 ? ["x", 2] : code < 65536 ? ["u", 4] : ["U", 8];
      return short ?? `\\${digits[0]}${code.toString(16).padStart(digits[1], "0")}`;
    });
  }

  // Let a line break before each of the marks.
  function breakable(element, text, mark) {
    printable(text).split(new RegExp(`(?=${mark})`)).forEach((part, at) => {
      if (at) element.append(document.createElement("wbr"));
      element.append(part);
    });
  }

  // Ask for the page again, and take over what differs, so that nothing flickers or loses focus.
  function stayFresh() {
    const paused = () => tail?.querySelector("button").getAttribute("aria-pressed") === "true";

    async function look() {
      // Of an upload that was read nothing changes; and it is to go where nobody looks at it.
      if (BASE && !document.querySelector("#upload[data-fresh]")) return;
      try {
        if (!document.hidden && !paused()) await take();
      } catch {
        // The server is away; the next look tells.
      }
      setTimeout(look, FRESH_AFTER);
    }

    async function take() {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (paused()) return;
      for (const part of document.querySelectorAll("[data-fresh]")) {
        const fresh = page.getElementById(part.id);
        if (fresh) change(part, fresh);
      }
      if (tail && "refused" in tail.dataset) {
        const id = tail.dataset.table;
        change(document.getElementById(id), page.getElementById(id));
      }
    }

    setTimeout(look, FRESH_AFTER);
  }

  // Make what is there as it is in the fresh page; what the reader has opened stays open.
  function change(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeName !== fresh.nodeName) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType === Node.TEXT_NODE) {
      old.data = fresh.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const were = [...old.childNodes];
    const are = [...fresh.childNodes];
    are.forEach((node, at) => (at < were.length ? change(were[at], node) : old.append(node)));
    were.slice(are.length).forEach((node) => node.remove());
  }

  // Dark or light; who chooses what the system has anyway follows the system again.
  function offerTheme() {
    const button = document.getElementById("theme");
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
    const tell = () => button.setAttribute("aria-pressed", String(dark()));
    button.addEventListener("click", () => {
      const wanted = dark() ? "light" : "dark";
      const same = wanted === (system.matches ? "dark" : "light");
      if (same) delete root.dataset.theme;
      else root.dataset.theme = wanted;
      try {
        if (same) localStorage.removeItem("theme");
        else localStorage.setItem("theme", wanted);
      } catch {
        // A browser that keeps nothing: the choice lasts as long as the page.
      }
      tell();
    });
    system.addEventListener("change", tell);
    button.hidden = false;
    tell();
  }

  function takeKeys() {
    const help = document.getElementById("keys");
    const opener = document.getElementById("help");
    let before = 0; // when g was pressed
    const actions = {
      "/": () => document.querySelector("main input[type=search]")?.focus(),
      j: () => move(1),
      k: () => move(-1),
      p: () => tail?.querySelector("button").click(),
      "?": () => help.showModal(),
    };

    // A row is where its first link is, which Enter opens; a message of a call is its summary.
    function move(by) {
      const places = [...document.querySelectorAll("main tbody tr, main details.sent")]
        .map((row) => row.querySelector("a[href], summary"))
        .filter((place) => place?.checkVisibility());
      const row = document.activeElement?.closest("tr, details.sent");
      const here = places.findIndex((place) => row?.contains(place));
      const next = here < 0 && by < 0 ? places.length - 1 : here + by;
      places[Math.min(Math.max(next, 0), places.length - 1)]?.focus();
    }

    document.addEventListener("keydown", (key) => {
      const busy = key.target.closest("input, select, textarea, dialog");
      if (busy || key.ctrlKey || key.altKey || key.metaKey || key.isComposing) return;
      const second = key.timeStamp - before < SECOND_KEY_WITHIN && before;
      before = 0;
      const there = second && document.querySelector(`[data-key="${CSS.escape(key.key)}"]`);
      if (there) there.click();
      else if (key.key === "g") before = key.timeStamp;
      else if (Object.hasOwn(actions, key.key)) actions[key.key]();
      else return;
      key.preventDefault();
    });
    opener.addEventListener("click", () => help.showModal());
    opener.hidden = false;
  }
});
