// What the browser does by itself: the viewer's zone, times that tick, keys, and where panels open.
// Nothing here fetches or decides: it only moves what the server has sent.
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `fw_tz=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Strict${secure}`;

  const NB = "\u00a0";
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
  const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

  const ageText = (ms, at, form) => {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds < 60) return `${seconds}${NB}s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)}${NB}min ago`;
    if (form === "ago") return seconds < 172800 ? `${Math.floor(seconds / 3600)}${NB}h ago` : `${Math.floor(seconds / 86400)}${NB}days ago`;
    if (seconds < 64800) return `at ${minute.format(at)}`;
    return seconds < 432000 ? `${weekday.format(at)} ${minute.format(at)}` : `${day.format(at)} ${minute.format(at)}`;
  };
  // A weekday says which day only within six days of the wall clock; a recording may be years old.
  const dayText = (at, wall) => {
    const days = Math.abs(at - wall) / 86400000;
    return (days < 6 ? weekday : days < 180 ? day : date).format(at);
  };
  const two = (number) => String(number).padStart(2, "0");

  // --- ticking: attributes come from the server, `seen` is its wall time when they held
  const arrivals = new WeakMap();
  const streamTime = (one, elapsed) => {
    const at = Number(one.dataset.at), until = Number(one.dataset.until);
    const moved = at + elapsed * Number(one.dataset.speed);
    return until ? Math.max(at, Math.min(moved, until)) : moved;
  };
  const texts = {
    age(one, elapsed) {
      const at = Number(one.dataset.at);
      return [ageText(Number(one.dataset.seen) + elapsed - at, at, one.dataset.form), new Date(at).toISOString()];
    },
    clock(one, elapsed) {
      const at = streamTime(one, elapsed);
      const utc = `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
      const wall = Number(one.dataset.seen) + elapsed;
      if (one.dataset.form !== "time") return [`${dayText(at, wall)} ${clock.format(at)}`, utc];
      return [Math.abs(at - wall) < 518400000 ? clock.format(at) : `${day.format(at)} ${minute.format(at)}`, utc];
    },
    countdown(one, elapsed) {
      const left = Math.max(0, Math.round((Number(one.dataset.to) - streamTime(one, elapsed)) / 1000));
      return [`${two(Math.floor(left / 3600))}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`, ""];
    },
  };
  const tick = (one) => {
    const set = Number(one.dataset.at) > 0 && one.dataset.to !== "0";
    const [text, title] = set ? texts[one.dataset.tick](one, performance.now() - arrivals.get(one)) : ["", ""];
    if (one.textContent !== text) one.textContent = text;
    if (one.title !== title) one.title = title;
  };
  const arrive = (one) => {
    arrivals.set(one, performance.now());
    tick(one);
  };
  const ticking = document.getElementsByTagName("time");
  const watch = new MutationObserver((changes) => {
    const arrived = new Set();
    for (const change of changes) {
      if (change.type === "attributes") arrived.add(change.target);
      else change.addedNodes.forEach((node) => node.nodeType === 1 && ticking.length &&
        (node.matches("time") ? arrived.add(node) : node.querySelectorAll("time").forEach((one) => arrived.add(one))));
    }
    arrived.forEach((one) => one.dataset.tick && arrive(one));
  });
  watch.observe(document, { subtree: true, childList: true, attributeFilter: ["data-at", "data-seen", "data-speed", "data-until", "data-to"] });
  setInterval(() => { for (const one of ticking) if (arrivals.has(one)) tick(one); }, 250);

  // --- panels and dialogs
  const place = (panel, opener) => {
    const box = opener.getBoundingClientRect();
    panel.style.top = `${box.bottom + 6}px`;
    const width = panel.offsetWidth;
    const left = panel.dataset.side === "right" ? box.right - width : box.left;
    panel.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  };
  let opener = null;
  const dialog = (name) => document.getElementById(name);
  const show = (name) => {
    const box = dialog(name);
    if (!box || box.open) return;
    document.querySelectorAll("[popover]:popover-open").forEach((one) => one.hidePopover());
    box.showModal();
    (box.querySelector("[autofocus], input, textarea") ?? box).focus();
  };
  document.addEventListener("toggle", (event) => {
    const panel = event.target;
    if (panel.matches?.(".fw-pop") && event.newState === "open" && opener) place(panel, opener);
  }, true);
  document.addEventListener("click", (event) => {
    opener = event.target.closest("[popovertarget]") ?? opener;
    const shows = event.target.closest("[data-shows]");
    if (shows && shows.getAttribute("aria-disabled") !== "true") show(shows.dataset.shows);
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    if (event.target.closest("[data-hides]")) event.target.closest("[popover]")?.hidePopover();
    if (event.target.matches?.("dialog:not([data-stays])")) event.target.close();
    if (event.target.closest("[data-theme-toggle]")) return;
    followRow(event);
  });
  // A form in a dialog closes it when it is sent; what went wrong is told by a toast.
  document.addEventListener("submit", (event) => event.target.closest("dialog")?.close());
  // The whole row is the link: a click on it is a click on its first one.
  const followRow = (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.defaultPrevented || event.target.closest("a, button, input, select")) return;
    if (getSelection()?.toString()) return;
    if (event.ctrlKey || event.metaKey) return void window.open(row.dataset.href, "_blank", "noopener");
    row.querySelector("a")?.click();
  };

  // --- keys: one listener for all pages
  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  const move = (items, step) => {
    if (!items.length) return;
    const at = items.findIndex((one) => one === document.activeElement || one.contains(document.activeElement));
    const next = items[Math.max(0, Math.min(items.length - 1, at < 0 ? (step > 0 ? 0 : items.length - 1) : at + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const palette = () => dialog("fw-palette");
  const inPalette = (event) => {
    const items = [...palette().querySelectorAll(".fw-results .fw-item")];
    const input = palette().querySelector("input");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const at = items.indexOf(document.activeElement);
      if (event.key === "ArrowUp" && at <= 0) return input.focus();
      move(items, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && document.activeElement === input && items.length) {
      event.preventDefault();
      items[0].click();
    }
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return void (palette()?.open ? palette().close() : show("fw-palette"));
    }
    if (palette()?.open) return inPalette(event);
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const rows = [...document.querySelectorAll("[data-rows] tbody tr a:first-of-type")];
    if (event.key === "j" || event.key === "k") move(rows, event.key === "j" ? 1 : -1);
    else if (event.key === "/") { event.preventDefault(); show("fw-palette"); }
    else if (event.key === "[" || event.key === "]") document.querySelector(`[data-key="${event.key}"]`)?.click();
  });

  // --- sign-in: the eye in the password field
  document.addEventListener("click", (event) => {
    const eye = event.target.closest("[data-eye]");
    if (!eye) return;
    const input = eye.parentElement.querySelector("input");
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    eye.setAttribute("aria-pressed", String(hidden));
    eye.setAttribute("aria-label", hidden ? "Hide the password" : "Show the password");
    eye.querySelector("use").setAttribute("href", `/icons.svg#${hidden ? "eye-off" : "eye"}`);
    input.focus();
  });
})();
