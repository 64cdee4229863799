// The phones: what is said is posted, what the desk says arrives by server-sent events.
// Our own bubbles live in this tab only; the desk does not keep what people write.
"use strict";

const everyWords = JSON.parse(document.body.dataset.words);

class Phone {
  constructor(root) {
    this.root = root;
    this.name = root.id;
    this.list = root.querySelector(".messages");
    this.form = root.querySelector(".say");
    this.text = root.querySelector("textarea");
    this.offline = root.querySelector(".offline");
    this.seen = 0;
    for (const item of this.list.children) this.seen = Math.max(this.seen, Number(item.dataset.seq));
    this.said = this.kept("said");
    // What was said and not yet taken by the desk: kept in this tab, sent again with the same id
    // (which counts once) until the desk answers.
    this.outbox = this.kept("outbox");
    this.posting = false;
    this.form.addEventListener("submit", (event) => this.write(event));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.form.requestSubmit(); }
    });
    this.list.addEventListener("click", (event) => this.press(event));
    for (const each of this.said) this.bubble(each.words, each.after);
    this.bottom();
    const events = new EventSource(`/events?phone=${this.name}&after=${this.seen}`);
    events.onmessage = (event) => this.show(JSON.parse(event.data));
    events.onopen = () => { this.offline.hidden = true; this.flush(); };
    events.onerror = () => { this.offline.hidden = false; };
    this.flush();
  }

  kept(what) {
    return JSON.parse(sessionStorage.getItem(`${what}-${this.name}`) || "[]");
  }

  keep(what, value) {
    sessionStorage.setItem(`${what}-${this.name}`, JSON.stringify(value));
  }

  bubble(words, after) {
    const item = document.createElement("li");
    item.className = "from-me";
    item.dir = "auto";
    const p = document.createElement("p");
    p.className = "text";
    p.textContent = words;
    item.append(p);
    let place = null;
    for (const other of this.list.children) if (Number(other.dataset.seq) <= after) place = other;
    while (place && place.nextElementSibling && place.nextElementSibling.className === "from-me") place = place.nextElementSibling;
    if (place) place.after(item); else this.list.append(item);
  }

  button(choice, digit) {
    const made = document.createElement("button");
    made.name = "data";
    made.value = choice.data;
    if (digit) {
      const number = document.createElement("span");
      number.className = "digit";
      number.textContent = digit;
      made.append(number, " ");
    }
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = choice.label;
    made.append(label);
    return made;
  }

  show(message) {
    if (message.seq <= this.seen) return;
    this.seen = message.seq;
    if (!message.notice) for (const old of this.list.querySelectorAll("li:not(.notice) .choices")) old.remove();
    const item = document.createElement("li");
    item.className = message.notice ? "from-desk notice" : "from-desk";
    item.lang = message.language;
    item.dir = message.language === "ar" ? "rtl" : "ltr";
    item.dataset.seq = message.seq;
    const p = document.createElement("p");
    p.className = "text";
    for (const part of message.parts) p.append(part.link ? this.link(part.text, part.text) : part.text);
    item.append(p);
    if (!message.notice) this.speak(message.language);
    if (message.card.json) item.append(this.papers(message.card, everyWords[message.language]));
    if (message.card.png) item.append(this.sheet(message.card, everyWords[message.language]));
    for (const pin of message.pins) {
      const line = document.createElement("p");
      line.className = "pin";
      line.append(this.link(pin, everyWords[message.language].map));
      item.append(line);
    }
    if (message.options.length || message.exits.length) item.append(this.choices(message));
    this.list.append(item);
    this.bottom();
  }

  link(url, words) {
    const made = document.createElement("a");
    made.href = url;
    made.textContent = words;
    made.target = "_blank";
    made.rel = "noopener noreferrer";
    return made;
  }

  // A sheet: its picture, which opens it whole, and the document to print.
  sheet(card, words) {
    const line = document.createElement("p");
    line.className = "card";
    const whole = this.link(card.png, "");
    const picture = document.createElement("img");
    picture.src = card.png;
    picture.alt = words.card;
    picture.addEventListener("load", () => this.bottom());
    whole.append(picture);
    line.append(whole, " ", this.link(card.pdf, words["card.pdf"]));
    return line;
  }

  // One's own data: on paper, and for a machine.
  papers(card, words) {
    const line = document.createElement("p");
    line.className = "card";
    line.append(this.link(card.pdf, words["card.pdf"]), " ", this.link(card.json, words["card.json"]));
    return line;
  }

  choices(message) {
    const made = document.createElement("form");
    made.className = "choices";
    message.options.forEach((option, index) => made.append(this.button(option, message.numbered ? index + 1 : 0)));
    if (message.exits.length) {
      const exits = document.createElement("div");
      exits.className = "exits";
      message.exits.forEach((exit) => exits.append(this.button(exit)));
      made.append(exits);
    }
    return made;
  }

  // The words around a conversation follow its language, without leaving the page.
  speak(language) {
    if (this.root.lang === language) return;
    const words = everyWords[language];
    const direction = language === "ar" ? "rtl" : "ltr";
    this.root.lang = language;
    this.root.dir = direction;
    this.root.querySelector("h1").textContent = words[this.root.dataset.title];
    const other = [...document.querySelectorAll(".phone")].find((phone) => phone !== this.root);
    this.root.querySelector(".other").textContent = words[other.dataset.title];
    this.root.querySelector(".note").textContent = words.demonstration;
    this.root.querySelector(".forget").textContent = words.forget;
    this.root.querySelector(".send").textContent = words.send;
    this.root.querySelector("label").textContent = words.type_here;
    this.text.placeholder = words.type_here;
    this.offline.textContent = words.offline;
    if (this.name === "artisan") {
      document.documentElement.lang = language;
      document.documentElement.dir = direction;
      document.title = words.title;
    }
  }

  // To the end; but a message taller than the screen is shown from its first line.
  bottom() {
    const list = this.list;
    list.scrollTop = list.scrollHeight;
    const last = list.lastElementChild;
    if (last && last.offsetHeight > list.clientHeight) list.scrollTop = last.offsetTop - list.offsetTop - 8;
  }

  remember(words) {
    this.said.push({ words, after: this.seen });
    this.keep("said", this.said.slice(-100));
    this.bubble(words, this.seen);
    this.bottom();
  }

  post(body) {
    this.outbox.push({ ...body, phone: this.name, id: crypto.randomUUID() });
    this.keep("outbox", this.outbox);
    this.flush();
  }

  async flush() {
    if (this.posting) return;
    this.posting = true;
    while (this.outbox.length) {
      try {
        const answer = await fetch("/say", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(this.outbox[0]),
        });
        if (answer.status === 403) { sessionStorage.clear(); location.reload(); return; }
        if (answer.status < 500) {
          this.outbox.shift();
          this.keep("outbox", this.outbox);
          continue;
        }
      } catch { /* the desk is away */ }
      this.offline.hidden = false;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    this.posting = false;
  }

  write(event) {
    event.preventDefault();
    const words = this.text.value.trim();
    if (!words) return;
    this.text.value = "";
    this.remember(words);
    this.post({ text: words });
  }

  press(event) {
    const pressed = event.target.closest("button");
    if (!pressed) return;
    event.preventDefault();
    const label = pressed.querySelector(".label");
    this.remember(label ? label.textContent : pressed.textContent);
    for (const each of pressed.form.querySelectorAll("button")) each.disabled = true;
    this.post({ data: pressed.value });
    // not on a touch screen, where the keyboard would cover the next choices
    if (matchMedia("(pointer: fine)").matches) this.text.focus({ preventScroll: true });
  }
}

for (const root of document.querySelectorAll(".phone")) new Phone(root);
for (const each of document.querySelectorAll(".forget")) {
  each.form.addEventListener("submit", () => { for (const what of ["said", "outbox"]) sessionStorage.removeItem(`${what}-${each.value}`); });
}
