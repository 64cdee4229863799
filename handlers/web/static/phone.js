// The phone: what is said is posted, what the desk says arrives by server-sent events.
// Our own bubbles live in this tab only; the desk does not keep what people write.
"use strict";

const list = document.getElementById("messages");
const form = document.getElementById("say");
const text = document.getElementById("text");
const offline = document.getElementById("offline");
let seen = 0;
for (const item of list.children) seen = Math.max(seen, Number(item.dataset.seq));

const key = "said";
const said = JSON.parse(sessionStorage.getItem(key) || "[]");

function bubble(words, after) {
  const item = document.createElement("li");
  item.className = "from-me";
  item.dir = "auto";
  const p = document.createElement("p");
  p.className = "text";
  p.textContent = words;
  item.append(p);
  let place = null;
  for (const other of list.children) if (Number(other.dataset.seq) <= after) place = other;
  while (place && place.nextElementSibling && place.nextElementSibling.className === "from-me") place = place.nextElementSibling;
  if (place) place.after(item); else list.append(item);
}

function button(choice, digit) {
  const made = document.createElement("button");
  made.name = "data";
  made.value = choice.data;
  if (digit) {
    const number = document.createElement("span");
    number.className = "digit";
    number.textContent = digit;
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = choice.label;
    made.append(number, " ", label);
  } else {
    made.textContent = choice.label;
  }
  return made;
}

function show(message) {
  if (message.seq <= seen) return;
  seen = message.seq;
  for (const old of list.querySelectorAll(".choices")) old.remove();
  const item = document.createElement("li");
  item.className = "from-desk";
  item.lang = message.language;
  item.dir = message.language === "ar" ? "rtl" : "ltr";
  item.dataset.seq = message.seq;
  const p = document.createElement("p");
  p.className = "text";
  p.textContent = message.text;
  item.append(p);
  if (message.options.length || message.exits.length) {
    const choices = document.createElement("form");
    choices.className = "choices";
    message.options.forEach((option, index) => choices.append(button(option, message.numbered ? index + 1 : 0)));
    if (message.exits.length) {
      const exits = document.createElement("div");
      exits.className = "exits";
      message.exits.forEach((exit) => exits.append(button(exit)));
      choices.append(exits);
    }
    item.append(choices);
  }
  list.append(item);
  speak(message.language);
  bottom();
}

// The words around the conversation follow its language, without leaving the page.
function speak(language) {
  if (document.documentElement.lang === language) return;
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  const words = JSON.parse(document.body.dataset.words)[language];
  document.title = words.title;
  document.getElementById("phone-name").textContent = words.phone;
  document.getElementById("note").textContent = words.demonstration;
  document.getElementById("forget").textContent = words.forget;
  document.getElementById("send").textContent = words.send;
  document.getElementById("text-label").textContent = words.type_here;
  text.placeholder = words.type_here;
  offline.textContent = words.offline;
}

// To the end; but a message taller than the screen is shown from its first line.
function bottom() {
  list.scrollTop = list.scrollHeight;
  const last = list.lastElementChild;
  if (last && last.offsetHeight > list.clientHeight) list.scrollTop = last.offsetTop - list.offsetTop - 8;
}

function remember(words) {
  said.push({ words, after: seen });
  sessionStorage.setItem(key, JSON.stringify(said.slice(-100)));
  bubble(words, seen);
  bottom();
}

// What was said and not yet taken by the desk: kept in this tab, sent again with the same id
// (which counts once) until the desk answers.
const outboxKey = "outbox";
const outbox = JSON.parse(sessionStorage.getItem(outboxKey) || "[]");
let posting = false;

function post(body) {
  outbox.push({ ...body, id: crypto.randomUUID() });
  sessionStorage.setItem(outboxKey, JSON.stringify(outbox));
  flush();
}

async function flush() {
  if (posting) return;
  posting = true;
  while (outbox.length) {
    try {
      const answer = await fetch("/say", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(outbox[0]),
      });
      if (answer.status === 403) { sessionStorage.clear(); location.reload(); return; }
      if (answer.status < 500) {
        outbox.shift();
        sessionStorage.setItem(outboxKey, JSON.stringify(outbox));
        continue;
      }
    } catch { /* the desk is away */ }
    offline.hidden = false;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  posting = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) return;
  text.value = "";
  remember(words);
  post({ text: words });
});

list.addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (!pressed) return;
  event.preventDefault();
  const label = pressed.querySelector(".label");
  remember(label ? label.textContent : pressed.textContent);
  for (const each of pressed.form.querySelectorAll("button")) each.disabled = true;
  post({ data: pressed.value });
  // not on a touch screen, where the keyboard would cover the next choices
  if (matchMedia("(pointer: fine)").matches) text.focus({ preventScroll: true });
});

document.querySelector(".forget").form.addEventListener("submit", () => sessionStorage.clear());

for (const each of said) bubble(each.words, each.after);
bottom();

const events = new EventSource(`/events?after=${seen}`);
events.onmessage = (event) => show(JSON.parse(event.data));
events.onopen = () => { offline.hidden = true; flush(); };
events.onerror = () => { offline.hidden = false; };
flush();
