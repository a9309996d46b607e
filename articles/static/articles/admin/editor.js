// The editor of articles: tools, preview, pictures, counts and keys around a plain text area.
(() => {
  "use strict";
  const form = document.getElementById("article_form");
  const text = form && form.querySelector("textarea.markdown-text");
  const settings = document.getElementById("editor-settings");
  if (!text || !settings) return;

  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const debounce = (action, wait) => {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(action, wait);
    };
  };

  // Around the text

  const tools = element("div", { class: "editor-tools", role: "toolbar", "aria-label": "Text tools", "aria-controls": text.id });
  const panes = element("div", { class: "editor-panes", "data-preview": "off" });
  const frame = element("iframe", { class: "editor-preview", title: "Preview", sandbox: "allow-same-origin", tabindex: "0" });
  const counts = element("span", { class: "editor-counts" });
  const status = element("span", { class: "editor-status", role: "status" });
  const editor = element("div", { class: "editor" }, tools, panes, element("div", { class: "editor-foot" }, status, counts));
  text.before(editor);
  panes.append(text, frame);

  function say(message, kind = "") {
    status.textContent = message;
    status.dataset.kind = kind;
  }

  // Writing

  function insert(replacement, from = text.selectionStart, to = text.selectionEnd) {
    text.focus();
    text.setSelectionRange(from, to);
    // Unlike setRangeText, this leaves the change in the browser's own undo.
    if (!document.execCommand("insertText", false, replacement)) {
      text.setRangeText(replacement, from, to, "end");
      text.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function surround(before, after, placeholder) {
    const { selectionStart: from, selectionEnd: to, value } = text;
    let wrapped = value.slice(Math.max(0, from - before.length), from) === before && value.slice(to, to + after.length) === after;
    if (wrapped && /^\*+$/.test(before)) {
      // One star is italic, two are bold, three are both.
      const stars = value.slice(0, from).match(/\**$/)[0].length;
      wrapped = before.length === 1 ? stars % 2 === 1 : stars >= 2;
    }
    if (wrapped) {
      const inner = value.slice(from, to);
      insert(inner, from - before.length, to + after.length);
      text.setSelectionRange(from - before.length, from - before.length + inner.length);
      return;
    }
    const chosen = value.slice(from, to) || placeholder;
    insert(before + chosen + after);
    text.setSelectionRange(from + before.length, from + before.length + chosen.length);
  }

  function link() {
    const { selectionStart: from, selectionEnd: to, value } = text;
    const chosen = value.slice(from, to);
    if (/^https?:\/\/\S+$/.test(chosen)) {
      insert(`[](${chosen})`);
      text.setSelectionRange(from + 1, from + 1);
    } else {
      insert(`[${chosen}]()`);
      const caret = chosen ? from + chosen.length + 3 : from + 1;
      text.setSelectionRange(caret, caret);
    }
  }

  function prefix(mark) {
    const { selectionStart, selectionEnd, value } = text;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const next = value.indexOf("\n", selectionEnd);
    const to = next < 0 ? value.length : next;
    const lines = value.slice(from, to).split("\n");
    const marked = lines.every((line) => line.startsWith(mark));
    insert(lines.map((line) => (marked ? line.slice(mark.length) : mark + line)).join("\n"), from, to);
  }

  const files = element("input", { type: "file", accept: "image/*", multiple: "", hidden: "" });
  files.addEventListener("change", (event) => {
    // The theme would look for a field in which to write the name of the file.
    event.stopImmediatePropagation();
    upload([...files.files]);
    files.value = "";
  });
  editor.append(files);

  const command = /Mac|iP(hone|ad)/.test(navigator.platform) ? "⌘" : "Ctrl+";
  const buttons = [
    ["format_bold", "Bold", () => surround("**", "**", "bold"), "B"],
    ["format_italic", "Italic", () => surround("*", "*", "italic"), "I"],
    ["link", "Link", link, "K"],
    ["title", "Heading", () => prefix("## ")],
    ["format_quote", "Quotation", () => prefix("> ")],
    ["format_list_bulleted", "List", () => prefix("- ")],
    ["code", "Code", () => (text.value.slice(text.selectionStart, text.selectionEnd).includes("\n") ? surround("```\n", "\n```", "") : surround("`", "`", "code"))],
    ["add_photo_alternate", "Picture: choose, paste or drop one", () => files.click()],
  ];
  for (const [icon, label, action, key] of buttons) {
    const title = key ? `${label} (${command}${key})` : label;
    const button = element("button", { type: "button", title, "aria-label": title }, element("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, icon));
    button.addEventListener("click", action);
    tools.append(button);
  }
  const toggle = element("button", { type: "button", class: "editor-right", "aria-pressed": "false", "aria-label": "Preview" }, element("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, "visibility"), element("span", {}, "Preview"));
  tools.append(toggle);

  // The arrow keys walk along the tools, as in every toolbar; Tab goes on to the text.
  const stops = [...tools.querySelectorAll("button")];
  stops.forEach((button, number) => (button.tabIndex = number ? -1 : 0));
  tools.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const here = stops.indexOf(document.activeElement);
    const next = stops[(here + step + stops.length) % stops.length];
    stops[here].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    event.preventDefault();
  });

  // Keys

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const key = event.key.toLowerCase();
    const save = document.querySelector("button[name=_continue]");
    if (key === "s" && save) {
      event.preventDefault();
      form.requestSubmit(save);
      return;
    }
    const button = event.target === text && buttons.find(([, , , letter]) => letter && letter.toLowerCase() === key);
    if (button) {
      event.preventDefault();
      event.stopPropagation();
      button[2]();
    }
  }, true);

  // Counts

  const segmenter = window.Intl && Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;
  const number = new Intl.NumberFormat(document.documentElement.lang || undefined);
  function words(value) {
    if (!segmenter || value.length > 100000) return (value.match(/\S+/g) || []).length;
    let count = 0;
    for (const part of segmenter.segment(value)) if (part.isWordLike) count += 1;
    return count;
  }
  function countText() {
    const count = words(text.value);
    const minutes = Math.max(1, Math.round(count / 230));
    counts.textContent = `${number.format(count)} ${count === 1 ? "word" : "words"} · ${number.format([...text.value].length)} characters · ${minutes} min to read`;
  }
  for (const field of form.querySelectorAll("[data-count-from]")) {
    const from = Number(field.dataset.countFrom);
    const to = Number(field.dataset.countTo);
    const output = element("span", { class: "field-count", id: `${field.id}_count` });
    field.after(output);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${output.id}`.trim());
    const show = () => {
      const length = [...field.value].length;
      const fit = !length ? "none" : length < from ? "short" : length > to ? "long" : "good";
      const verdict = { none: "", short: ": rather short", long: ": may be cut off", good: ": good" }[fit];
      output.dataset.fit = fit;
      output.textContent = `${length} characters${verdict} (${from} to ${to} are best)`;
    };
    field.addEventListener("input", show);
    show();
  }

  // Preview

  const wide = window.matchMedia("(min-width: 80rem)");
  let asked = 0;
  let shown = false;
  async function preview() {
    if (panes.dataset.preview === "off") return;
    const ask = (asked += 1);
    const body = new URLSearchParams({ content: text.value });
    for (const name of ["title", "summary", "language"]) if (form.elements[name]) body.set(name, form.elements[name].value);
    let response, page;
    try {
      response = await fetch(settings.dataset.previewUrl, { method: "POST", body, headers: { "X-CSRFToken": token } });
      page = await response.text();
    } catch {
      if (ask === asked) say("The preview cannot be fetched: the site does not answer. Your text is safe here.", "bad");
      return;
    }
    if (ask !== asked) return;
    const parsed = new DOMParser().parseFromString(page, "text/html");
    const error = parsed.querySelector(".preview-error");
    if (!response.ok || response.redirected) {
      say(error ? error.textContent : response.redirected ? "You are logged out. Log in again in another tab, then go on here." : `The preview failed (${response.status}).`, "bad");
      return;
    }
    if (status.dataset.kind === "bad") say("");
    if (!shown) {
      shown = true;
      frame.addEventListener("load", () => watch(frame.contentDocument), { once: true });
      frame.srcdoc = page;
      return;
    }
    const inside = frame.contentDocument;
    if (!inside || !inside.body) return;
    inside.body.replaceChildren(...parsed.body.childNodes);
    pictures(inside);
  }
  function watch(inside) {
    // A followed link would replace the preview.
    inside.addEventListener("click", (event) => {
      const anchor = event.target.closest("a");
      if (anchor && !(anchor.getAttribute("href") || "").startsWith("#")) event.preventDefault();
    });
    pictures(inside);
  }
  function pictures(inside) {
    for (const picture of inside.querySelectorAll("img")) {
      let tries = 0;
      const again = () => {
        picture.classList.add("preview-waiting");
        if ((tries += 1) > 15) return;
        setTimeout(() => (picture.src = picture.src.replace(/#.*$/, "") + `#${tries}`), 1500);
      };
      picture.addEventListener("error", again);
      picture.addEventListener("load", () => picture.classList.remove("preview-waiting"));
      if (picture.complete && !picture.naturalWidth) again();
    }
  }
  const soon = debounce(preview, 400);
  function showPreview(on) {
    panes.dataset.preview = on ? "on" : "off";
    toggle.setAttribute("aria-pressed", String(on));
    localStorage.setItem("editor-preview", on ? "on" : "off");
    if (on) preview();
  }
  toggle.addEventListener("click", () => showPreview(panes.dataset.preview === "off"));
  for (const name of ["title", "summary"]) if (form.elements[name]) form.elements[name].addEventListener("input", soon);
  const recount = debounce(countText, 150);
  text.addEventListener("input", () => {
    recount();
    soon();
  });
  countText();
  showPreview((localStorage.getItem("editor-preview") || (wide.matches ? "on" : "off")) === "on");

  // Pictures

  function send(file) {
    return new Promise((resolve, reject) => {
      const bar = element("progress", { max: "1", value: "0", "aria-label": `Uploading ${file.name}` });
      say(`Uploading ${file.name} `);
      status.append(bar);
      const body = new FormData();
      body.append("file", file, file.name || "pasted.png");
      const request = new XMLHttpRequest();
      request.open("POST", settings.dataset.uploadUrl);
      request.setRequestHeader("X-CSRFToken", token);
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.addEventListener("load", () => {
        let answer = {};
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          answer = { error: request.status === 413 ? `${file.name} is too large.` : request.responseURL.includes("login") ? "You are logged out. Log in again in another tab, then try again." : `${file.name} was refused (${request.status}).` };
        }
        if (request.status === 200 && answer.url) resolve(answer);
        else reject(new Error(answer.error || `${file.name} was refused (${request.status}).`));
      });
      request.addEventListener("error", () => reject(new Error(`${file.name} did not arrive: the connection broke. Try again.`)));
      request.send(body);
    });
  }
  async function upload(chosen) {
    const faults = [];
    let caret = null;
    for (const file of chosen) {
      try {
        const image = await send(file);
        const at = text.selectionEnd;
        const before = text.value.slice(0, at);
        const lead = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
        insert(`${lead}![${image.alt}](${image.url})\n\n`, at, at);
        if (caret === null && !image.alt) caret = at + lead.length + 2;
      } catch (fault) {
        faults.push(fault.message);
      }
    }
    if (faults.length) say(faults.join(" "), "bad");
    else say(caret === null ? "" : "Write what the picture shows between the brackets.");
    if (caret !== null) {
      text.focus();
      text.setSelectionRange(caret, caret);
    }
  }
  // The cover is chosen from the images that are there, or uploaded at once.

  const cover = form.elements.cover;
  if (cover) {
    const file = element("input", { type: "file", accept: "image/*", hidden: "" });
    const button = element("button", { type: "button", class: "cover-upload" }, "Upload a cover");
    const note = element("span", { class: "field-count", role: "status" });
    button.addEventListener("click", () => file.click());
    file.addEventListener("change", async (event) => {
      event.stopImmediatePropagation();
      note.textContent = "Uploading…";
      try {
        const image = await send(file.files[0]);
        cover.append(new Option(image.label, image.id, true, true));
        cover.dispatchEvent(new Event("change", { bubbles: true }));
        if (window.django && django.jQuery) django.jQuery(cover).trigger("change");
        note.textContent = image.alt ? "" : "Before you publish, describe it: “Change selected image” in the menu beside it.";
      } catch (fault) {
        note.textContent = fault.message;
      }
      say("");
      file.value = "";
    });
    cover.closest(".related-widget-wrapper").parentElement.append(button, file, note);
  }

  const images = (transfer) => [...((transfer && transfer.files) || [])].filter((file) => file.type.startsWith("image/"));
  text.addEventListener("paste", (event) => {
    // A word processor puts a picture of the text beside the text.
    if (event.clipboardData.getData("text/plain")) return;
    const pasted = images(event.clipboardData);
    if (!pasted.length) return;
    event.preventDefault();
    upload(pasted);
  });
  editor.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    editor.classList.add("dropping");
  });
  editor.addEventListener("dragleave", () => editor.classList.remove("dropping"));
  editor.addEventListener("drop", (event) => {
    editor.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    const dropped = images(event.dataTransfer);
    if (dropped.length) upload(dropped);
    else say("Only pictures can be dropped here.", "bad");
  });

  // Leaving

  const contents = () => JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  let saved = null;
  let leaving = false;
  form.addEventListener("submit", (event) => {
    // The preview opens in another tab; this page stays.
    leaving = !(event.submitter && event.submitter.formTarget === "_blank");
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && saved !== null && contents() !== saved) event.preventDefault();
  });
  window.addEventListener("pageshow", () => (leaving = false));
  window.addEventListener("load", () => {
    saved = settings.dataset.unsaved ? "" : contents();
  });
  // jQuery runs this after the theme has made the fields into lists to choose from.
  if (window.django && django.jQuery) django.jQuery(() => {
    // A new tag that looks like a number must not be taken for the key of another.
    const select = django.jQuery("#id_tags").data("select2");
    if (select) {
      select.dataAdapter.createTag = ({ term }) => {
        const name = term.trim();
        return name ? { id: `new:${name}`, text: name } : null;
      };
      // Below the tags that exist, so that Enter takes one of those.
      select.dataAdapter.insertTag = (found, tag) => found.push(tag);
    }
  });
})();
