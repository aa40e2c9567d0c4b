// Leads to what is wrong with a form that came back: to its first marked field, or, where no field
// stands for it, to what is said above. Without script a page does so itself, though not in a frame.
export default function leadToFaults(form) {
  const said = form.querySelector('[data-part="faults"], [data-part="news"]');
  const way = said?.querySelector("a");
  (way ? document.querySelector(way.hash) : said)?.focus();
}
