// The composer: text, attachments, the quoted message, the command menu.

import { Attachments, tooLarge } from "./attachments.js";
import { authorOf } from "./conversation.js";
import { element } from "./dom.js";
import { summary } from "./media.js";
import { clearNotices, showAnswer, showFault } from "./notices.js";
import { MAX_BYTES, shrunk } from "./photos.js";

// Telegram's limit on the photos or files in an album.
const MAX_ALBUM = 10;

export class Composer {
  // actions: { place() } returns { chatId, userId }; { send({ ...place, text, files, asFile, replyTo }), commands() }
  // return promises.
  constructor(actions) {
    this.actions = actions;
    this.attachments = new Attachments();
    this.text = document.getElementById("text");
    this.sendButton = document.getElementById("send");
    this.replyBar = document.getElementById("reply-bar");
    this.menu = document.getElementById("commands");
    this.menuButton = document.getElementById("open-commands");
    this.replyTo = null;
    this.editing = null;
    this.delivered = Promise.resolve();
    document.getElementById("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => this.onKey(event));
    this.text.addEventListener("input", () => {
      this.fitText();
      this.showCommands(this.text.value);
    });
    this.replyBar.querySelector("button").addEventListener("click", () => {
      this.cancelBar();
      this.text.focus();
    });
    this.menuButton.addEventListener("click", () => (this.menu.hidden ? this.showCommands("/", true) : this.hideCommands()));
    this.menu.addEventListener("keydown", (event) => this.onMenuKey(event));
  }

  setReply(message) {
    if (this.editing && message) this.cancelBar();
    this.replyTo = message;
    this.editing = null;
    this.showBar(message && authorOf(message).name, message, "reply");
  }

  // The next text, photo or file replaces that of a message.
  setEdit(message) {
    this.setReply(null);
    this.editing = message;
    this.setText(message.text ?? message.caption ?? "");
    this.showBar("Edit", message, "edit");
  }

  cancelBar() {
    if (this.editing) {
      this.setText("");
      this.attachments.take();
    }
    this.setReply(null);
  }

  showBar(title, message, kind) {
    this.replyBar.hidden = message === null;
    if (!message) return;
    this.replyBar.querySelector("use").setAttribute("href", `#icon-${kind}`);
    this.replyBar.querySelector("button").ariaLabel = kind === "edit" ? "Cancel edit" : "Cancel reply";
    this.replyBar.querySelector("p").replaceChildren(element("b", {}, title), element("bdi", {}, summary(message)));
    this.text.focus();
  }

  setText(text) {
    this.text.value = text;
    this.fitText();
  }

  fitText() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`; // 2: its borders
  }

  onKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && !this.menu.hidden) {
      event.preventDefault();
      this.menu.querySelector("li:last-child button").focus();
    } else if (event.key === "Escape") {
      if (this.menu.hidden) this.cancelBar();
      else this.hideCommands();
    }
  }

  submit() {
    const draft = { text: this.text.value.trim(), ...this.attachments.take() };
    if (!draft.text && !draft.files.length && !this.editing) return;
    this.setText("");
    this.deliver(draft);
  }

  // Sends a command and keeps the draft.
  sendCommand(command) {
    if (this.text.value.startsWith("/")) this.setText("");
    if (this.editing) this.cancelBar();
    this.deliver({ text: command, files: [], asFile: false, spoiler: false });
    this.text.focus();
  }

  // Drafts are sent in their order, each to the chat in which it was written.
  deliver(draft) {
    const addressed = { ...draft, ...this.actions.place(), replyTo: this.replyTo, editing: this.editing };
    this.hideCommands();
    this.setReply(null);
    clearNotices();
    this.delivered = this.delivered.then(() => this.post(addressed));
  }

  // Restores what could not be sent.
  async post(draft) {
    this.sendButton.ariaBusy = "true";
    try {
      do {
        await this.actions.send({ ...draft, files: await prepared(draft.files.slice(0, MAX_ALBUM), draft.asFile) });
        draft.files = draft.files.slice(MAX_ALBUM);
        draft.text = "";
      } while (draft.files.length);
    } catch (error) {
      showFault(error.message);
      this.setText(this.text.value || draft.text);
      this.attachments.restore(draft);
      if (this.actions.place().chatId !== draft.chatId) return;
      if (draft.editing) {
        this.editing = draft.editing;
        this.showBar("Edit", draft.editing, "edit");
      } else this.setReply(draft.replyTo);
    } finally {
      this.sendButton.ariaBusy = "false";
    }
  }

  // Shows the commands that start with the typed text.
  async showCommands(typed, focus = false) {
    if (!/^\/\w*$/.test(typed)) return this.hideCommands();
    let commands;
    try {
      commands = await this.actions.commands();
    } catch (error) {
      return showFault(error.message);
    }
    const matching = commands.filter(({ command }) => `/${command}`.startsWith(typed.toLowerCase()));
    if (!matching.length) {
      if (focus) showAnswer("The bot has no commands for this chat.");
      return this.hideCommands();
    }
    this.menu.replaceChildren(...matching.map((command) => this.menuItem(command)));
    this.menu.hidden = false;
    this.menuButton.ariaExpanded = "true";
    if (focus) this.menu.querySelector("button").focus();
  }

  menuItem({ command, description }) {
    const button = element("button", { type: "button" }, element("b", {}, `/${command}`), element("span", { dir: "auto" }, description));
    button.addEventListener("click", () => this.sendCommand(`/${command}`));
    return element("li", {}, button);
  }

  hideCommands() {
    this.menu.hidden = true;
    this.menuButton.ariaExpanded = "false";
  }

  onMenuKey(event) {
    const items = [...this.menu.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
    } else if (event.key === "Escape") {
      this.hideCommands();
      this.text.focus();
    } else if (event.key.length === 1) {
      this.text.focus();
    }
  }
}

// Returns the files as they are sent. One by one, so that only one large photo at a time is in memory.
async function prepared(files, asFile) {
  const ready = [];
  for (const file of files) {
    const fitting = asFile ? file : await shrunk(file);
    if (fitting.size > MAX_BYTES) throw new Error(tooLarge(file));
    ready.push(fitting);
  }
  return ready;
}
