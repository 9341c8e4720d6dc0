// The pages of one business. Everything here makes easier what works without it.
"use strict";
(() => {
  const body = document.body;
  const each = (what, how) => { for (const el of document.querySelectorAll(what)) how(el); };

  // How long a code is still good: a bar beside the seconds.
  const drawBars = () => each("progress[data-ends]", (bar) => {
    const left = Math.max(0, (new Date(bar.dataset.ends) - Date.now()) / 1000);
    if (left > bar.max) bar.max = Math.ceil(left);
    bar.value = left;
  });
  drawBars();
  setInterval(drawBars, 250);
  body.addEventListener("htmx:afterSwap", drawBars);

  // Copying what is shown once.
  const offerCopy = () => each("[data-copy]", (button) => { if (navigator.clipboard) button.hidden = false; });
  offerCopy();
  body.addEventListener("click", (e) => {
    const button = e.target.closest?.("[data-copy]");
    const from = button && document.querySelector(button.dataset.copy);
    if (!from) return;
    navigator.clipboard.writeText(from.value);
    from.select();
    button.setAttribute("aria-pressed", "true");
  });

  // Enter sends, Shift and Enter begin a line.
  body.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing || !e.target.matches?.(".compose textarea")) return;
    e.preventDefault();
    if (e.target.value.trim()) e.target.form.requestSubmit();
  });
  // What was typed and is not sent yet stays while the form is drawn anew; a sent one gets the focus back.
  body.addEventListener("htmx:afterSwap", (e) => {
    if (e.detail.target?.id === "compose") document.querySelector("#compose textarea")?.focus();
    if (e.detail.target?.id === "tryout") document.querySelector("#try-text")?.focus();
  });

  // The editor: numbers beside the lines, and a way to the one that is wrong.
  const editor = document.getElementById("flow_yaml");
  const numbers = document.getElementById("flow-lines");
  if (editor && numbers) {
    const number = () => {
      const n = editor.value.split("\n").length;
      if (numbers.childElementCount === 0 && numbers.dataset.n === String(n)) return;
      numbers.dataset.n = n;
      numbers.textContent = Array.from({ length: n }, (_, i) => i + 1).join("\n");
      numbers.scrollTop = editor.scrollTop;
    };
    number();
    editor.addEventListener("input", number);
    editor.addEventListener("scroll", () => { numbers.scrollTop = editor.scrollTop; });
    editor.addEventListener("keydown", (e) => { // two spaces for Tab; Escape and Tab leave as everywhere
      if (e.key === "Escape") { editor.dataset.leave = "1"; return; }
      if (e.key !== "Tab" || e.shiftKey || editor.dataset.leave) { delete editor.dataset.leave; return; }
      e.preventDefault();
      editor.setRangeText("  ", editor.selectionStart, editor.selectionEnd, "end");
      number();
    });
    body.addEventListener("click", (e) => {
      const link = e.target.closest?.("[data-line]");
      if (!link) return;
      e.preventDefault();
      const lines = editor.value.split("\n");
      const line = Math.min(lines.length, Number(link.dataset.line)) - 1;
      const start = lines.slice(0, line).reduce((sum, l) => sum + l.length + 1, 0);
      editor.focus();
      editor.setSelectionRange(start + Math.max(0, Number(link.dataset.column) - 1), start + lines[line].length);
      editor.scrollTop = Math.max(0, line - 5) * parseFloat(getComputedStyle(editor).lineHeight);
    });
  }

  // The log follows live. At each connection the latest lines come anew, so that none is missing and none is there twice.
  const log = document.getElementById("log");
  if (log) {
    const state = document.getElementById("log-state");
    const button = document.getElementById("log-follow");
    const most = 3000;
    let follows = true;
    const atEnd = () => { if (follows) log.scrollTop = log.scrollHeight; };
    const add = (lines) => {
      const text = document.createDocumentFragment();
      for (const line of lines) text.append(line + "\n");
      log.append(text);
      while (log.childNodes.length > most) log.firstChild.remove();
      atEnd();
    };
    const listen = () => {
      const source = new EventSource(log.dataset.stream);
      let fresh = false; // what comes first takes the place of what stands there
      source.addEventListener("hello", () => { fresh = true; state.textContent = state.dataset.live; });
      source.addEventListener("lines", (e) => {
        if (fresh) log.textContent = "";
        fresh = false;
        add(JSON.parse(e.data));
      });
      source.onerror = () => {
        state.textContent = state.dataset.cut;
        if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
      };
      addEventListener("pagehide", () => source.close(), { once: true });
    };
    listen();
    atEnd();
    button.hidden = false;
    const follow = (yes) => { follows = yes; button.setAttribute("aria-pressed", String(yes)); atEnd(); };
    button.addEventListener("click", () => follow(!follows));
    log.addEventListener("wheel", () => follow(log.scrollTop + log.clientHeight >= log.scrollHeight - 40), { passive: true });
  }
})();
