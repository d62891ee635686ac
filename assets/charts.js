// One hairline and one box for all charts of a page. The charts draw; this listens to where they are pointed at.
(() => {
  "use strict";
  const box = document.createElement("div");
  box.className = "fw-hover";
  box.setAttribute("aria-hidden", "true");
  const root = document.documentElement;
  const HOUR = 3600000;
  const BACK = 24, AHEAD = 8; // hours that a small chart shows before and after now

  const row = (name, role, text) => {
    const line = document.createElement("div");
    const label = document.createElement("span");
    const value = document.createElement("span");
    label.className = role ?? "plain";
    label.textContent = name;
    value.textContent = text;
    line.append(label, value);
    return line;
  };
  const hairlines = (hours) => {
    const inside = hours >= -BACK && hours <= AHEAD;
    root.classList.toggle("fw-hovering", inside);
    if (inside) root.style.setProperty("--fw-hover", `${(100 * (BACK + hours)) / (BACK + AHEAD)}%`);
  };
  const beside = (x, y) => {
    const right = x + 16 + box.offsetWidth < innerWidth - 8;
    box.style.left = `${right ? x + 16 : x - 16 - box.offsetWidth}px`;
    box.style.top = `${Math.max(8, Math.min(y + 12, innerHeight - box.offsetHeight - 8))}px`;
  };
  const show = (plot, event) => {
    const told = event.points.filter((one) => one.customdata?.[1]);
    if (!told.length) return;
    const title = document.createElement("b");
    title.textContent = told[0].customdata[0];
    // At now the measured value and the forecast meet: each trace speaks once.
    const spoken = new Map(told.map((one) => [one.data.name, one]));
    box.replaceChildren(title, ...[...spoken.values()].map((one) => row(one.data.name, one.data.meta, one.customdata[1])));
    if (!box.isConnected) document.body.append(box);
    box.classList.add("on");
    beside(event.event.clientX, event.event.clientY);
    const now = plot.layout?.meta?.now;
    const at = Date.parse(`${String(told[0].x).replace(" ", "T")}Z`) || Number(told[0].x);
    if (now && plot.closest("[data-linked]")) hairlines((at - now) / HOUR);
  };
  const hide = () => {
    box.classList.remove("on");
    root.classList.remove("fw-hovering");
  };
  const listen = (plot) => {
    if (!plot?.on || plot.heard) return;
    plot.heard = true;
    plot.on("plotly_hover", (event) => show(plot, event));
    plot.on("plotly_unhover", hide);
  };
  document.addEventListener("pointerover", (event) => {
    const plot = event.target.closest?.(".js-plotly-plot");
    if (plot) listen(plot);
    else if (box.isConnected && !event.target.closest?.("[data-small]")) hide();
  }, true);
  document.addEventListener("pointermove", (event) => {
    const small = event.target.closest?.("[data-small]");
    if (!small) return;
    const frame = small.getBoundingClientRect();
    hairlines(((event.clientX - frame.left) / frame.width) * (BACK + AHEAD) - BACK);
  }, { passive: true });
  root.addEventListener("pointerleave", hide);
  addEventListener("click", hide, true); // a click may lead to another chart under the same pointer
})();
