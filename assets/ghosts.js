// The handle of an earlier forecast: it moves at once, and asks the server at most some times a second.
// Ticks (5 minutes) are its unit. Which forecast is shown, and all words, come from the server.
(() => {
  "use strict";
  const EVERY = 160; // ms between two questions
  const PATIENCE = 1500; // ms after which an unanswered one is given up
  const HOUR = 12;
  const LINGER = 700; // ms of silence after which a key counts as let go
  const PAGE = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: HOUR, PageDown: -HOUR };
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;

  let wanted = null; // the tick asked for by hand, until the server has answered and the hand has let go
  let held = false, sent = null, sentAt = 0, timer = 0, lingering = 0;

  const handle = () => document.querySelector(".fw-ghost-handle");
  const part = (name) => document.querySelector(`[data-ghost="${name}"]`);
  const of = (one, name) => Number(one.dataset[name]) || 0;
  const shown = (one) => of(one, "tick") || Number(one.max);

  const place = (one, tick) => {
    set.call(one, tick);
    const low = Number(one.min), share = (Number(one.value) - low) / (Number(one.max) - low || 1);
    one.parentElement.style.setProperty("--fw-ghost-drag", `calc(var(--fw-ghost-room) * ${share})`);
  };
  const rest = (one) => {
    set.call(one, shown(one));
    one.parentElement.style.removeProperty("--fw-ghost-drag");
  };
  const answered = (one) => sent === null || one.dataset.asked === String(sent) || performance.now() - sentAt > PATIENCE;
  const ask = () => {
    clearTimeout(timer);
    const one = handle(), carrier = part("ask");
    if (!one || !carrier || wanted === null || wanted === sent) return;
    const wait = answered(one) ? EVERY - (performance.now() - sentAt) : EVERY / 4;
    if (wait > 0) return void (timer = setTimeout(ask, wait));
    sent = wanted;
    sentAt = performance.now();
    set.call(carrier, String(wanted));
    carrier.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const keep = () => {
    clearTimeout(lingering);
    const one = handle();
    if (!one || wanted === null) return;
    if (sent !== wanted || !answered(one)) return void (lingering = setTimeout(keep, EVERY / 4));
    wanted = sent = null;
    rest(one);
    part("keep")?.click();
  };
  const move = (one, tick) => {
    // Right of the newest earlier forecast the handle is back at now.
    wanted = tick > of(one, "last") ? 0 : Math.max(Math.round(tick), of(one, "first"));
    place(one, wanted || Number(one.max));
    ask();
  };
  const drop = (one) => {
    clearTimeout(lingering);
    wanted = sent = null;
    one.parentElement.style.removeProperty("--fw-ghost-drag");
    part("drop")?.click();
  };
  // From one stored forecast the next key leads to another one, however far that is.
  const step = (one, by) => {
    const settled = wanted === null || (sent === wanted && answered(one));
    const at = wanted !== null && !settled ? wanted : shown(one), tick = of(one, "tick");
    const next = by < 0 ? of(one, "before") : of(one, "after");
    if (!settled || !tick || !next) return at + by;
    return by < 0 ? Math.min(at + by, next) : Math.max(at + by, next);
  };
  const target = (one, event) => {
    if (event.key === "Home") return of(one, "first");
    if (event.key === "End") return of(one, "last");
    const by = PAGE[event.key];
    return by === undefined ? null : step(one, event.shiftKey && Math.abs(by) === 1 ? by * HOUR : by);
  };

  document.addEventListener("keydown", (event) => {
    const one = event.target;
    if (!one.matches?.(".fw-ghost-handle") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return void drop(one);
    const tick = target(one, event);
    if (tick === null) return;
    event.preventDefault();
    clearTimeout(lingering);
    move(one, tick);
    lingering = setTimeout(keep, LINGER);
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.(".fw-ghost-handle")) return;
    held = true;
    move(event.target, Number(event.target.value));
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.(".fw-ghost-handle")) return;
    held = false;
    keep();
  });
  // A new tick moves the frame and the handle with it, but never the one in a person's hand.
  new MutationObserver((changes) => {
    const one = handle();
    if (!one) return void (wanted = sent = null);
    if (!changes.some((change) => change.type === "childList" || change.target === one)) return;
    if (wanted === null && !held) rest(one);
    else if (!held) place(one, wanted || Number(one.max));
    ask();
  }).observe(document, {
    subtree: true, childList: true, attributeFilter: ["min", "max", "data-tick", "data-asked"],
  });
})();
