// A secret that is shown once: it comes as an argument, stands in its dialog alone and goes when that closes.
(() => {
  "use strict";
  const at = (name) => document.getElementById(name);
  const fill = (secret, name, curl) => {
    for (const [place, text] of [["fw-once-secret", secret], ["fw-once-name", name], ["fw-once-curl", curl]]) at(place).textContent = text;
  };
  window.showDialog = (name) => {
    at(name)?.showModal();
    at(name)?.querySelector("input, textarea")?.focus();
  };
  window.showOnce = (secret, name, path) => {
    const dialog = at("fw-once");
    fill(secret, name, `curl -H 'Authorization: Bearer ${secret}' ${location.origin}${path}`);
    dialog.addEventListener("close", () => fill("", "", ""), { once: true });
    at("fw-keys-form")?.reset();
    dialog.showModal();
  };
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    throw new Error("no clipboard on a page without TLS");
  };
  // Where the browser gives no clipboard the text is selected, for Ctrl C.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const label = button.querySelector("span"), before = label.textContent, source = at(button.dataset.copies);
    try {
      await copy(source.textContent);
      label.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      label.textContent = "Press Ctrl C";
    }
    setTimeout(() => { label.textContent = before; }, 2000);
  });
})();
