// Puts a gift together: friends come and go, words are counted, the total and the mail follow what
// is typed. The server reckons and writes; this only asks it.
import leadToFaults from "./faults.js";

const PAUSE = 400;

export default function gift(form) {
  const part = (name) => form.querySelector(`[data-part="${name}"]`);
  const parts = (name) => [...form.querySelectorAll(`[data-part="${name}"]`)];
  const friends = parts("friend");
  const preview = part("preview");
  let turn = 0;
  let later;
  let isBehind = false;

  function inputs(friend) {
    return [...friend.querySelectorAll("input")];
  }

  function isEmpty(friend) {
    return inputs(friend).every((input) => !input.value);
  }

  function fitFriends() {
    const shown = friends.filter((friend) => !friend.hidden).length;
    part("add").hidden = shown === friends.length;
  }

  function addFriend() {
    const next = friends.find((friend) => friend.hidden);
    next.hidden = false;
    inputs(next)[0].focus();
    fitFriends();
  }

  // The fields keep their numbers; what was typed moves up.
  function removeFriend(gone) {
    const from = friends.indexOf(gone);
    friends.slice(from).forEach((friend, index) => {
      const next = friends[from + index + 1];
      inputs(friend).forEach((input, at) => {
        input.value = next ? inputs(next)[at].value : "";
      });
    });
    friends.findLast((friend) => !friend.hidden).hidden = true;
    const before = friends[from - 1];
    (part("add").hidden ? inputs(before)[0] : part("add")).focus();
    fitFriends();
  }

  function count() {
    const words = form.elements.gift_words;
    const left = Number(words.dataset.most) - [...words.value.trim()].length;
    const said = left < 0 ? form.dataset.wordsOver : form.dataset.wordsLeft;
    part("left").textContent = said.replace("{count}", Math.abs(left));
    part("left").classList.toggle("field__error", left < 0);
  }

  function chooseZone() {
    const zone = part("zone");
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const known = [...zone.options].some((option) => option.value === here);
    if (known && !("chosen" in zone.dataset)) zone.value = here;
  }

  function fields() {
    return new URLSearchParams(new FormData(form));
  }

  function tell() {
    const { seen, total } = part("summary").dataset;
    form.elements.seen_total.value = seen;
    if (seen) part("go").textContent = `${form.dataset.words} · ${total}`;
  }

  async function sum(now) {
    const answer = await fetch(form.dataset.summary, {
      method: "POST",
      headers: { Accept: "text/html" },
      body: fields(),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector('[data-part="summary"]');
    if (!found || now !== turn) return;
    part("summary").replaceWith(found);
    tell();
  }

  // A new frame takes the place of the old one when it has its mail: nothing flickers, and the way
  // back in the browser's history does not lead through earlier words.
  function write() {
    if (!preview.open) return;
    const old = part("letter");
    const frame = old.cloneNode();
    const sent = document.createElement("form");
    frame.name = `letter-${turn}`;
    frame.style.height = "0";
    old.after(frame);
    Object.assign(sent, { method: "post", action: form.dataset.letter, target: frame.name });
    for (const [name, value] of fields()) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      sent.append(input);
    }
    sent.hidden = true;
    form.after(sent);
    frame.addEventListener("load", () => {
      const page = frame.contentDocument;
      if (!page || page.URL === "about:blank") return;
      frame.style.height = `${page.documentElement.scrollHeight}px`;
      parts("letter").filter((each) => each !== frame).forEach((each) => each.remove());
    });
    HTMLFormElement.prototype.submit.call(sent);
    sent.remove();
  }

  function follow() {
    const now = ++turn;
    const told = sum(now).catch(() => {});
    told.then(() => now === turn && (isBehind = false));
    write();
    return told;
  }

  function wait() {
    isBehind = true;
    clearTimeout(later);
    later = setTimeout(follow, PAUSE);
  }

  // Whoever is faster than the total waits for it, so that it is not asked for a second time.
  function goOn(event) {
    if (!isBehind) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clearTimeout(later);
    follow().then(() => {
      isBehind = false;
      form.requestSubmit(event.submitter);
    });
  }

  form.addEventListener("submit", goOn, { capture: true });
  form.addEventListener("input", ({ target }) => {
    if (target.name === "gift_words") count();
    if (target.name === "gift_other") part("other").checked = true;
    wait();
  });
  form.addEventListener("click", ({ target }) => {
    const remove = target.closest('[data-part="remove"]');
    if (remove) removeFriend(remove.closest('[data-part="friend"]'));
    if (remove) wait();
    if (target.closest('[data-part="add"]')) addFriend();
  });
  part("other")?.addEventListener("change", () => form.elements.gift_other.focus());
  preview.addEventListener("toggle", write);
  friends.forEach((friend, at) => {
    if (at && isEmpty(friend)) friend.hidden = true;
  });
  for (const each of [...parts("remove"), part("add")]) each.hidden = false;
  for (const each of parts("optional")) each.remove();
  part("look").hidden = true;
  preview.open = matchMedia("(min-width: 52rem)").matches;
  chooseZone();
  fitFriends();
  count();
  tell();
  leadToFaults(form);
}
