// What the theme leaves to the mouse and to the eye, for the keyboard and the ear.
(() => {
  "use strict";
  const ICONS = { dock_to_right: "Show or hide the menu", close: "Close", more_vert: "More", expand_more: "Show more", unfold_more: "Your account" };

  // The lists to choose from that jQuery puts in place of a field take over its label.
  function label() {
    for (const field of document.querySelectorAll("select.select2-hidden-accessible")) {
      const title = field.labels[0];
      const box = field.parentElement.querySelector("[role=combobox]");
      if (!title || !box) continue;
      title.id ||= `${field.id}_label`;
      const chosen = box.querySelector("span.select2-selection__rendered");
      // The name, then what is chosen; its role would make a field in a field of it.
      for (const attribute of ["role", "aria-readonly"]) if (chosen) chosen.removeAttribute(attribute);
      box.setAttribute("aria-labelledby", chosen ? `${title.id} ${chosen.id}` : title.id);
      for (const search of box.querySelectorAll(".select2-search__field")) search.setAttribute("aria-label", title.textContent.trim());
    }
  }

  // What can only be clicked becomes a button that Tab reaches.
  function reach() {
    const clicked = "[x-on\\:click]:not(button, a[href], input, label, select, textarea, summary, [tabindex])";
    for (const item of document.querySelectorAll(clicked)) {
      // The dark ground around a sheet is clicked to close it; Escape does the same.
      if (!item.textContent.trim()) continue;
      item.tabIndex = 0;
      item.setAttribute("role", "button");
      const name = ICONS[item.textContent.trim()];
      if (name) item.setAttribute("aria-label", name);
      item.addEventListener("keydown", (event) => {
        if (event.target !== item || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        item.click();
      });
    }
  }

  window.addEventListener("load", () => {
    reach();
    if (window.django && django.jQuery) django.jQuery(label);
  });
})();
