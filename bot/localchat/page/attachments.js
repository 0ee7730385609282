// Files to be sent: chosen, taken, dropped or pasted.

import { element, icon, iconButton } from "./dom.js";
import { clearNotices, showFault } from "./notices.js";
import { MAX_BYTES, isPhoto } from "./photos.js";

export class Attachments {
  constructor() {
    this.items = []; // { file, node }
    this.tray = document.getElementById("tray");
    this.list = document.getElementById("attachments");
    this.clearButton = document.getElementById("clear");
    [this.photoChoice, this.fileChoice] = document.querySelectorAll("[name=send-as]");
    this.spoilerChoice = document.getElementById("spoiler");
    for (const choice of [this.photoChoice, this.fileChoice]) choice.addEventListener("change", () => this.showChoices());
    const picker = document.getElementById("files");
    const camera = document.getElementById("capture");
    document.getElementById("attach").addEventListener("click", () => picker.click());
    document.getElementById("camera").addEventListener("click", () => camera.click());
    for (const input of [picker, camera]) {
      input.addEventListener("change", () => {
        this.attach(input.files);
        input.value = "";
      });
    }
    this.clearButton.addEventListener("click", () => {
      this.take();
      document.getElementById("text").focus();
    });
    this.acceptDrops();
    document.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.attach(event.clipboardData.files);
    });
  }

  attach(files) {
    clearNotices();
    for (const file of files) {
      if (file.size === 0) showFault(`${file.name} is empty.`);
      else if (file.size > MAX_BYTES && !isPhoto(file)) showFault(tooLarge(file));
      else this.add(file);
    }
    document.getElementById("text").focus();
  }

  // Puts back what could not be sent.
  restore({ files, asFile, spoiler }) {
    for (const file of files) this.add(file);
    if (asFile) this.fileChoice.checked = true;
    this.spoilerChoice.checked = spoiler;
    this.showChoices();
  }

  // Returns the files and empties the tray. `asFile` is true if chosen, or if one of them can only be a file.
  take() {
    const asFile = this.fileChoice.checked;
    const taken = { files: this.items.map(({ file }) => file), asFile, spoiler: this.spoilerChoice.checked && !asFile };
    this.items = [];
    this.list.replaceChildren();
    this.photoChoice.checked = true;
    this.spoilerChoice.checked = false;
    this.showChoices();
    return taken;
  }

  add(file) {
    const item = { file, node: element("li", {}, tile(file)) };
    item.node.append(iconButton("close", `Remove ${file.name}`, () => this.remove(item)));
    this.items.push(item);
    this.list.append(item.node);
    this.showChoices();
  }

  // Removes a file. The focus goes to the next one.
  remove(item) {
    const index = this.items.indexOf(item);
    this.items.splice(index, 1);
    item.node.remove();
    this.showChoices();
    const next = this.items[Math.min(index, this.items.length - 1)];
    (next?.node.querySelector("button") ?? document.getElementById("text")).focus();
  }

  showChoices() {
    this.tray.hidden = !this.items.length;
    this.clearButton.hidden = this.items.length < 2;
    const onlyFiles = !this.items.every(({ file }) => isPhoto(file));
    if (onlyFiles) this.fileChoice.checked = true;
    else if (this.photoChoice.disabled) this.photoChoice.checked = true;
    this.photoChoice.disabled = onlyFiles;
    this.spoilerChoice.disabled = this.fileChoice.checked;
  }

  acceptDrops() {
    const overlay = document.getElementById("drop");
    document.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      overlay.hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) overlay.hidden = true;
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      overlay.hidden = true;
      this.attach(event.dataTransfer.files);
    });
  }
}

export function tooLarge(file) {
  return `${file.name} is larger than 20 MB, the most that a bot can read.`;
}

function tile(file) {
  const node = element("span", { className: "tile" });
  const named = () => node.replaceChildren(icon("file"), element("small", {}, file.name));
  if (!file.type.startsWith("image/")) named();
  else node.append(preview(file, named));
  return node;
}

// A browser that cannot show the format (HEIC, TIFF) shows the name instead.
function preview(file, onerror) {
  const url = URL.createObjectURL(file);
  const image = element("img", { src: url, alt: file.name, onerror });
  for (const end of ["load", "error"]) image.addEventListener(end, () => URL.revokeObjectURL(url));
  return image;
}
