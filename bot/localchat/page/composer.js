// The composer: text, attachments, the quoted message, the command menu.

import { Attachments } from "./attachments.js";
import { element, toast } from "./dom.js";
import { authorOf } from "./conversation.js";
import { summary } from "./media.js";

export class Composer {
  // actions: { send({ text, files, asFile, replyTo }), commands() } return promises.
  constructor(actions) {
    this.actions = actions;
    this.attachments = new Attachments();
    this.text = document.getElementById("text");
    this.sendButton = document.getElementById("send");
    this.replyBar = document.getElementById("reply-bar");
    this.menu = document.getElementById("commands");
    this.menuButton = document.getElementById("open-commands");
    this.replyTo = null;
    document.getElementById("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => this.onKey(event));
    this.text.addEventListener("input", () => {
      this.fitText();
      this.showCommands(this.text.value);
    });
    this.replyBar.querySelector("button").addEventListener("click", () => this.setReply(null));
    this.menuButton.addEventListener("click", () => (this.menu.hidden ? this.showCommands("/", true) : this.hideCommands()));
    this.menu.addEventListener("keydown", (event) => this.onMenuKey(event));
  }

  setReply(message) {
    this.replyTo = message;
    this.replyBar.hidden = message === null;
    if (!message) return;
    this.replyBar.querySelector("p").replaceChildren(element("b", {}, authorOf(message).name), summary(message));
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
      if (this.menu.hidden) this.setReply(null);
      else this.hideCommands();
    }
  }

  async submit() {
    const draft = { text: this.text.value.trim(), ...this.attachments.take(), replyTo: this.replyTo };
    if (!draft.text && !draft.files.length) return;
    this.setText("");
    await this.deliver(draft);
  }

  // Sends a command and keeps the draft.
  async sendCommand(command) {
    if (this.text.value.startsWith("/")) this.setText("");
    await this.deliver({ text: command, files: [], asFile: false, replyTo: this.replyTo });
    this.text.focus();
  }

  // Restores a draft that could not be sent.
  async deliver(draft) {
    this.hideCommands();
    this.setReply(null);
    this.sendButton.disabled = true;
    this.sendButton.ariaBusy = "true";
    try {
      await this.actions.send(draft);
    } catch (error) {
      toast(error.message, true);
      this.setText(this.text.value || draft.text);
      this.attachments.add(draft.files);
      this.setReply(draft.replyTo);
    } finally {
      this.sendButton.disabled = false;
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
      return toast(error.message, true);
    }
    const matching = commands.filter(({ command }) => `/${command}`.startsWith(typed.toLowerCase()));
    if (!matching.length) {
      if (focus) toast("The bot has no commands for this chat.");
      return this.hideCommands();
    }
    this.menu.replaceChildren(...matching.map((command) => this.menuItem(command)));
    this.menu.hidden = false;
    this.menuButton.ariaExpanded = "true";
    if (focus) this.menu.querySelector("button").focus();
  }

  menuItem({ command, description }) {
    const button = element("button", { type: "button" }, element("b", {}, `/${command}`), element("span", {}, description));
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
