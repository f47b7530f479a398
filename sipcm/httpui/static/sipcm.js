// What pages do beyond HTML: the list of events goes on by itself. Each page is whole without it.
"use strict";

(() => {
  const MOST_ROWS = 1000;
  const MOST_WAITING = 500;
  const REFUSED = 10000; // milliseconds after which to ask again where there were too many
  const DRAW_AFTER = 100; // milliseconds, so that a flood is drawn at once and not row by row

  const tail = document.querySelector("[data-stream]");
  if (tail && window.EventSource) follow(tail);

  function follow(tail) {
    const table = document.querySelector("table");
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
      source.addEventListener("open", () => { lost = false; tell(); });
      source.addEventListener("error", () => {
        lost = true;
        if (source?.readyState === EventSource.CLOSED) { // refused: a browser does not come back
          source = null;
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

    // Whoever reads further down must not have the rows move away.
    function scrolled() {
      return table.getBoundingClientRect().top < 0;
    }

    function soon() {
      timer ??= setTimeout(() => { timer = null; draw(); }, DRAW_AFTER);
    }

    function draw() {
      if (!pressed && !scrolled()) {
        for (const [number, event] of waiting.splice(0)) put(number, event);
        for (let over = table.tBodies.length && rows() - MOST_ROWS; over > 0; over -= 1) drop();
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
      if (body.querySelector("th")?.textContent !== day) {
        body = table.insertBefore(document.createElement("tbody"), body);
        const head = body.insertRow().appendChild(document.createElement("th"));
        head.scope = "rowgroup";
        head.colSpan = template.content.querySelectorAll("td").length;
        head.textContent = day;
      }
      const row = template.content.firstElementChild.cloneNode(true);
      fill(row, number, event);
      body.rows[0].after(row);
      document.querySelector("[data-none]")?.remove();
    }

    function rows() {
      return table.tBodies.length ? table.rows.length : 0;
    }

    function drop() {
      const body = table.tBodies[table.tBodies.length - 1];
      body.rows[body.rows.length - 1]?.remove();
      if (body.rows.length < 2) body.remove();
    }

    button.addEventListener("click", () => { pressed = !pressed; draw(); });
    document.addEventListener("scroll", soon, { passive: true });
    document.addEventListener("keydown", (key) => {
      const typing = key.target.closest("input, select, textarea");
      if (key.key === "p" && !typing && !key.ctrlKey && !key.altKey && !key.metaKey) button.click();
    });
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
    const say = (name, text) => { cell(name).textContent = printable(String(text ?? "")); };
    say("number", number);
    const time = cell("time");
    time.dateTime = event["@timestamp"];
    time.textContent = event["@timestamp"].slice(11, 23);
    say("type", event.type);
    say("rate", tooOften(event.rate));
    say("status", sip.response?.status);
    breakable(cell("reason"), sip.sip_reason ?? event.error?.reason ?? "", "/");
    say("duration", span(event.event?.duration));
    say("method", sip.request?.method);
    breakable(cell("from"), sip.from ?? end(event.client), "@");
    breakable(cell("to"), sip.to ?? end(event.server), "@");
    breakable(cell("call_id"), sip.call_id ?? event.error?.excerpt ?? "", "@");
    // What has been followed has a page, and what could not be read has none.
    const id = encodeURIComponent(sip.call_id ?? "");
    lead(cell("call"), id && !event.error && `/calls/id?cid=${id}`);
    lead(cell("events"), id && `/events?cid=${id}&exact=1`);
  }

  function lead(link, href) {
    if (href) link.href = href;
    else link.remove();
  }

  function end(side) {
    return side ? `${side.ip ?? ""} ${side.port ?? ""}` : "";
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
})();
