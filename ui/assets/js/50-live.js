// The script of the pages: live updates, countdowns, times in the reader's own zone. Everything works without it.
"use strict";
(() => {
  htmx.config.includeIndicatorStyles = false;
  htmx.config.allowEval = false;
  htmx.config.historyCacheSize = 0;
  const body = document.body;
  const lang = document.documentElement.lang || "en";

  // Live updates: the server says what changed, the parts that show it fetch themselves anew. Bursts are joined: a part is
  // asked for once a second at most, the first change is shown at once, and the last one is never missed.
  const pending = new Set();
  let timer = 0, last = 0;
  const flush = () => {
    timer = 0;
    if (document.hidden) return; // what nobody sees is fetched when it is seen again
    last = Date.now();
    const names = [...pending];
    pending.clear();
    for (const name of names) htmx.trigger(body, name);
  };
  const changed = (...names) => {
    for (const n of names) pending.add(n);
    timer ||= setTimeout(flush, Math.max(60, 1000 - (Date.now() - last)));
  };
  const cut = document.getElementById("stream-cut");
  const kinds = ["tenant", "deleted", "session", "worker", "message", "request", "chat", "setup_request", "alarm"];
  let source = null, lost = false, again = 0;
  const listen = () => {
    clearTimeout(again);
    source = new EventSource("/admin/events");
    source.onopen = () => {
      cut.hidden = true;
      changed(lost ? "change-all" : "change-opened"); // what happened meanwhile, or since the page was drawn, is not sent again
      lost = false;
    };
    source.onerror = () => {
      lost = true;
      cut.hidden = false;
      if (source && source.readyState === EventSource.CLOSED) { source = null; again = setTimeout(listen, 3000); }
    };
    for (const kind of kinds) {
      source.addEventListener(kind, (event) => {
        const change = JSON.parse(event.data);
        if (!change.tenant_id && kind === "tenant") changed("change-all"); // this page was too slow: anything may be different
        changed("change-" + kind);
        if (change.tenant_id) changed("change-" + kind + "-" + change.tenant_id, "change-any-" + change.tenant_id);
      });
    }
  };
  const leave = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };
  if (cut) {
    // A page in the background holds no stream: browsers allow six connections to one server, and many pages may be open.
    let hiding = 0;
    listen();
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hiding);
      if (document.hidden) hiding = setTimeout(() => { leave(); lost = true; }, 20000);
      else if (source) flush();
      else listen();
    });
    addEventListener("pagehide", leave);
    addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
    setInterval(() => changed("change-tick"), 30000);
  }
  // A part that could not be fetched stays as it was; the bar says that it may be old.
  body.addEventListener("htmx:sendError", () => { if (cut) cut.hidden = false; });

  // Times: the server writes them as this does, in the zone of East Africa; the reader sees the own zone. Only what differs
  // is written, so that nothing moves.
  const units = lang === "sw"
    ? { minute: ["dakika 1 iliyopita", "dakika % zilizopita"], hour: ["saa 1 iliyopita", "saa % zilizopita"], day: ["siku 1 iliyopita", "siku % zilizopita"], now: "sasa hivi" }
    : { minute: ["1 minute ago", "% minutes ago"], hour: ["1 hour ago", "% hours ago"], day: ["1 day ago", "% days ago"], now: "just now" };
  const months = lang === "sw" ? ["Jan", "Feb", "Mac", "Apr", "Mei", "Jun", "Jul", "Ago", "Sep", "Okt", "Nov", "Des"]
    : ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const two = (n) => String(n).padStart(2, "0");
  const absolute = (d) => d.getDate() + " " + months[d.getMonth()] + " " + d.getFullYear() + ", " + two(d.getHours()) + ":" + two(d.getMinutes());
  const count = (n, [one, many]) => n === 1 ? one : many.replace("%", n);
  const ago = (date) => {
    const s = Math.floor((Date.now() - date) / 1000);
    if (s < 60) return units.now;
    if (s < 3600) return count(Math.floor(s / 60), units.minute);
    if (s < 86400) return count(Math.floor(s / 3600), units.hour);
    return count(Math.floor(s / 86400), units.day);
  };
  const put = (el, text) => { if (el.textContent !== text) el.textContent = text; };
  const unit = lang === "sw" ? { h: "saa %", min: "dak %", s: "sek %" } : { h: "% h", min: "% min", s: "% s" };
  const of = (name, n) => unit[name].replace("%", n);
  const drawLeft = () => {
    for (const t of document.querySelectorAll("time[data-left]")) {
      const s = Math.max(0, Math.round((new Date(t.dateTime) - Date.now()) / 1000));
      if (t.dataset.left !== "long" || s < 60) put(t, of("s", s));
      else if (s < 3600) put(t, of("min", Math.floor(s / 60)) + " " + of("s", two(s % 60)));
      else put(t, of("h", Math.floor(s / 3600)) + " " + of("min", two(Math.floor(s / 60) % 60)));
    }
  };
  const draw = () => {
    for (const t of document.querySelectorAll("time[datetime]:not([data-left])")) {
      const date = new Date(t.dateTime);
      if (t.hasAttribute("data-clock")) put(t, two(date.getHours()) + ":" + two(date.getMinutes()) + (t.dataset.clock ? "" : ":" + two(date.getSeconds())));
      else if (!t.hasAttribute("data-ago")) put(t, absolute(date));
      else {
        put(t, ago(date));
        if (t.title !== absolute(date)) t.title = absolute(date);
      }
    }
    drawLeft();
  };
  draw();
  body.addEventListener("htmx:afterSwap", draw);
  setInterval(drawLeft, 1000);
  setInterval(draw, 15000);

  // A form that was refused comes back with the first wrong field under the cursor; on a phone it would be out of sight.
  document.querySelector('main [aria-invalid="true"]')?.focus();

  // Ticks of a list: all of a page at once, and how many there are.
  const ticks = () => {
    for (const form of document.querySelectorAll(".bulk-form")) {
      const all = [...form.querySelectorAll("input[name=ids]")];
      const n = all.filter((t) => t.checked).length;
      const box = form.querySelector("[data-all]");
      if (box) {
        box.hidden = false;
        box.checked = n > 0 && n === all.length;
        box.indeterminate = n > 0 && n < all.length;
      }
      const chosen = form.querySelector("[data-chosen]");
      if (chosen) { chosen.hidden = n === 0; put(chosen, String(n)); }
    }
  };
  ticks();
  body.addEventListener("change", (e) => {
    if (e.target.matches?.("[data-all]")) for (const t of e.target.form.querySelectorAll("input[name=ids]")) t.checked = e.target.checked;
    ticks();
  });
  body.addEventListener("htmx:afterSwap", ticks);

  // A menu closes when one looks elsewhere.
  addEventListener("click", (e) => {
    for (const m of document.querySelectorAll("details.menu[open]")) if (!m.contains(e.target)) m.open = false;
  });
  addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const m of document.querySelectorAll("details.menu[open]")) { m.open = false; m.querySelector("summary").focus(); }
  });
})();
