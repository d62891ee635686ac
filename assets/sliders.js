// A slider shows its own value while it is moved: the filled part of its track, and the output beside its label.
(() => {
  "use strict";
  const paint = (slider) => {
    const low = Number(slider.min), high = Number(slider.max);
    slider.style.setProperty("--fw-at", `${(100 * (slider.value - low)) / (high - low)}%`);
    const output = document.querySelector(`output[for="${CSS.escape(slider.id)}"]`);
    if (output) output.textContent = `${slider.value}\u00a0%`;
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("input.fw-range")) paint(event.target);
  });
})();
