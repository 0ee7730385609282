// Files to be sent: chosen, taken, dropped or pasted.

import { element, icon, iconButton, toast } from "./dom.js";

// Size limit of files that bots can download from Telegram.
const MAX_BYTES = 20 * 1024 * 1024;
// Types that Telegram's apps send as photos; others are sent as files.
const PHOTO_TYPES = ["image/jpeg", "image/png", "image/webp", "image/bmp"];

export class Attachments {
  constructor() {
    this.files = [];
    this.tray = document.getElementById("tray");
    this.list = document.getElementById("attachments");
    const picker = document.getElementById("files");
    const camera = document.getElementById("capture");
    document.getElementById("attach").addEventListener("click", () => picker.click());
    document.getElementById("camera").addEventListener("click", () => camera.click());
    for (const input of [picker, camera]) {
      input.addEventListener("change", () => {
        this.add(input.files);
        input.value = "";
      });
    }
    this.acceptDrops();
    document.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
  }

  get asFile() {
    return document.querySelector("[name=send-as]:checked").value === "file";
  }

  add(files) {
    for (const file of files) {
      if (file.size > MAX_BYTES) toast(`${file.name} is larger than 20 MB, the most that a bot can read.`, true);
      else if (file.size === 0) toast(`${file.name} is empty.`, true);
      else this.files.push(file);
    }
    this.draw();
    document.getElementById("text").focus();
  }

  // Returns the files and empties the tray. `asFile` is true if chosen, or if one of them can only be a file.
  take() {
    const files = this.files;
    const asFile = this.asFile || files.some((file) => !PHOTO_TYPES.includes(file.type));
    this.files = [];
    document.querySelector("[name=send-as][value=photo]").checked = true;
    this.draw();
    return { files, asFile };
  }

  draw() {
    this.tray.hidden = !this.files.length;
    for (const image of this.list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    this.list.replaceChildren(...this.files.map((file) => this.tile(file)));
  }

  tile(file) {
    const tile = element("span", { className: "tile" });
    const named = () => tile.replaceChildren(icon("file"), element("small", {}, file.name));
    if (file.type.startsWith("image/")) {
      // A browser that cannot show the format (HEIC, TIFF) shows its name.
      tile.append(element("img", { src: URL.createObjectURL(file), alt: file.name, onerror: named }));
    } else {
      named();
    }
    const remove = iconButton("close", `Remove ${file.name}`, () => {
      this.files = this.files.filter((other) => other !== file);
      this.draw();
    });
    return element("li", {}, tile, remove);
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
      this.add(event.dataTransfer.files);
    });
  }
}
