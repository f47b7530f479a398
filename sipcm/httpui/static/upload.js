// A capture may be dropped anywhere on the page; what is too large is told before it is sent. The form
// is whole without it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form.drop");
  const input = form.querySelector("input[type=file]");
  const problem = form.querySelector(".problem");
  const most = Number(form.dataset.most);

  function fits() {
    const over = [...input.files].some((file) => file.size > most);
    problem.textContent = over ? `It has more than ${most / 1048576} MB.` : "";
    problem.hidden = !over;
    return !over;
  }

  function over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("over");
  }

  document.addEventListener("dragenter", over);
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    form.classList.remove("over");
    input.files = event.dataTransfer.files;
    if (fits()) form.requestSubmit();
  });
  input.addEventListener("change", fits);
  form.addEventListener("submit", (event) => fits() || event.preventDefault());
});
