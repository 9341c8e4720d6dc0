// hx-swap="keep": what was fetched is worked into what stands there, so that focus, ticks, typed words, open details and
// scrolled places stay. Elements are matched by id, else by place and name.
"use strict";
(() => {
  const same = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");
  const typing = (el) => el === document.activeElement && el.matches("input:not([type=checkbox],[type=radio]), textarea, select");

  const attributes = (now, next) => {
    for (const { name, value } of next.attributes) {
      if (now.getAttribute(name) !== value) now.setAttribute(name, value);
    }
    for (const { name } of [...now.attributes]) {
      const own = name === "open" || name === "data-kept" || (now.nodeName === "INPUT" && name === "checked");
      if (!own && !next.hasAttribute(name)) now.removeAttribute(name);
    }
  };

  const children = (now, next) => {
    const byId = new Map();
    for (const el of now.children) if (el.id) byId.set(el.id, el);
    let at = now.firstChild;
    for (const wanted of [...next.childNodes]) {
      const known = wanted.id ? byId.get(wanted.id) : undefined;
      if (known && known !== at) now.insertBefore(known, at);
      const have = known || (at && !(at.id && next.querySelector?.("#" + CSS.escape(at.id))) && same(at, wanted) ? at : null);
      if (have) {
        if (have === at) at = at.nextSibling;
        work(have, wanted);
      } else {
        now.insertBefore(wanted, at);
      }
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  const work = (now, next) => {
    if (now.nodeType !== Node.ELEMENT_NODE) {
      if (now.nodeValue !== next.nodeValue) now.nodeValue = next.nodeValue;
      return;
    }
    if (now.isEqualNode(next) || now.hasAttribute("hx-preserve") || typing(now)) return;
    if (!same(now, next)) {
      now.replaceWith(next);
      return;
    }
    attributes(now, next);
    children(now, next);
  };

  htmx.defineExtension("keep", {
    isInlineSwap: (style) => style === "keep",
    handleSwap: (style, target, fragment) => {
      if (style !== "keep") return false;
      const next = fragment.firstElementChild;
      if (!next) return true;
      work(target, next);
      return [document.getElementById(next.id) || target];
    },
  });
})();
