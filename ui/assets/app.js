// The script of the pages: live updates, countdowns, times in the reader's own zone. Everything works without it.
"use strict";
(() => {
  htmx.config.includeIndicatorStyles = false;
  htmx.config.allowEval = false;
  htmx.config.historyCacheSize = 0;
  const lang = document.documentElement.lang || "en";

  // Live updates: the server says what changed, the parts that show it fetch themselves anew. Bursts are joined: a part is
  // asked for twice a second at most, and the last change is never missed.
  const pending = new Set();
  let timer = 0;
  const flush = () => {
    timer = 0;
    for (const name of pending) htmx.trigger(document.body, name);
    pending.clear();
  };
  const changed = (...names) => {
    for (const n of names) pending.add(n);
    timer ||= setTimeout(flush, 400);
  };
  const cut = document.getElementById("stream-cut");
  const listen = () => {
    const source = new EventSource("/admin/events");
    let lost = false;
    source.onopen = () => {
      cut.hidden = true;
      if (lost) changed("change-all"); // what happened meanwhile is not sent again
      lost = false;
    };
    source.onerror = () => {
      lost = true;
      cut.hidden = false;
      if (source.readyState === EventSource.CLOSED) { source.close(); setTimeout(listen, 3000); }
    };
    const kinds = ["tenant", "deleted", "session", "worker", "message", "request", "chat", "setup_request"];
    for (const kind of kinds) {
      source.addEventListener(kind, (event) => {
        const change = JSON.parse(event.data);
        changed("change-" + kind);
        if (change.tenant_id) changed("change-" + kind + "-" + change.tenant_id, "change-any-" + change.tenant_id);
      });
    }
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  if (cut) listen();

  // Times: the server writes UTC, the reader sees the own zone.
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const absolute = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
  const ago = (date) => {
    const s = Math.round((date - Date.now()) / 1000);
    if (Math.abs(s) < 60) return relative.format(s, "second");
    if (Math.abs(s) < 3600) return relative.format(Math.trunc(s / 60), "minute");
    if (Math.abs(s) < 86400) return relative.format(Math.trunc(s / 3600), "hour");
    return relative.format(Math.trunc(s / 86400), "day");
  };
  const draw = (root) => {
    for (const t of root.querySelectorAll("time[datetime]")) {
      const date = new Date(t.dateTime);
      if (t.hasAttribute("data-left")) {
        t.textContent = Math.max(0, Math.round((date - Date.now()) / 1000)) + " s";
      } else if (t.hasAttribute("data-ago")) {
        t.textContent = ago(date);
        t.title = absolute.format(date);
      } else {
        t.textContent = absolute.format(date);
      }
    }
  };
  draw(document);
  document.body.addEventListener("htmx:afterSwap", () => draw(document));
  setInterval(() => draw(document), 1000);

  // A part that could not be fetched stays as it was; the bar says that it may be old.
  document.body.addEventListener("htmx:sendError", () => { if (cut) cut.hidden = false; });
})();
