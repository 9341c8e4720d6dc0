// Whatever is pressed says so at once, before the server answers: the button turns and can't be pressed twice, the link that was
// followed turns, and a bar runs along the top of the page until the answer is there.
"use strict";
(() => {
  const root = document.documentElement;
  const patience = 30000; // a page that was not left by then will not be: what came was a file, or the reader stopped it
  let running = 0, leaving = 0;
  const show = () => root.classList.toggle("busy", running > 0 || leaving !== 0);

  const stay = () => {
    clearTimeout(leaving);
    leaving = 0;
    for (const a of document.querySelectorAll("a[aria-busy]")) a.removeAttribute("aria-busy");
    show();
  };
  const leave = () => {
    stay();
    leaving = setTimeout(stay, patience);
    show();
  };
  const free = (part) => {
    for (const b of part.querySelectorAll("button[aria-busy], form:has(button[aria-busy]) button")) { b.removeAttribute("aria-busy"); b.disabled = false; }
  };

  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const to = new URL(link.href, location.href);
    const here = to.pathname === location.pathname && to.search === location.search && to.hash;
    if (to.origin !== location.origin || here || link.target || link.hasAttribute("download")) return;
    leave();
    link.setAttribute("aria-busy", "true");
  });

  addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    const fetched = form.matches("[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete]");
    if (event.defaultPrevented && !fetched) return;
    if (!fetched) leave();
    if (!button || form.method === "get") return;
    setTimeout(() => { // after the browser, or htmx, read which button it was
      button.setAttribute("aria-busy", "true");
      for (const b of form.querySelectorAll("button")) b.disabled = true;
    });
  });

  // What a person asked htmx for; what renews itself stays silent.
  const asked = (event) => event.detail.elt?.matches?.("form, button, a, summary");
  document.body.addEventListener("htmx:beforeSend", (event) => {
    if (!asked(event)) return;
    running++;
    if (event.detail.elt.matches("button, a")) event.detail.elt.setAttribute("aria-busy", "true");
    show();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (asked(event)) running = Math.max(0, running - 1);
    if (event.detail.elt?.matches?.("button, a")) event.detail.elt.removeAttribute("aria-busy");
    if (event.target instanceof Element) free(event.target.closest("form")?.parentElement || event.target);
    show();
  });

  addEventListener("keydown", (event) => { if (event.key === "Escape") stay(); }); // stops what the browser loads, too
  addEventListener("pageshow", () => { running = 0; stay(); free(document); });
})();
