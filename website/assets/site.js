// Language switch, filters of the coverage matrix, search for a place. Without this script every page still reads, in Chinese.
"use strict";
(() => {
  const root = document.documentElement;
  const kept = { // a page opened as a file may have no storage
    get() { try { return localStorage.getItem("language"); } catch { return null; } },
    set(value) { try { localStorage.setItem("language", value); } catch { /* the choice holds for this page */ } },
  };
  const button = document.getElementById("language");
  const heading = document.querySelector("h1");
  const speak = (language) => {
    document.title = `${heading.querySelector(`.${language}`).textContent} · 法治年报库`;
    root.dataset.language = language;
    button.textContent = language === "en" ? "中文" : "English";
    button.lang = language === "en" ? "zh-CN" : "en";
  };
  const asked = new URLSearchParams(location.search).get("language");
  speak((asked ?? kept.get()) === "en" ? "en" : "zh");
  button.hidden = false;
  button.addEventListener("click", () => {
    speak(root.dataset.language === "en" ? "zh" : "en");
    kept.set(root.dataset.language);
  });
  root.classList.add("scripted");

  // a marked number is let go with Escape
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement?.closest("mark")) document.activeElement.blur();
  });

  const status = document.getElementById("status");
  const region = document.getElementById("region");
  const rows = [...document.querySelectorAll(".matrix tbody tr")];
  const filter = () => {
    for (const share of document.querySelectorAll("[data-counts]")) {
      const counts = Object.fromEntries(share.dataset.counts.split(" ").map((pair) => pair.split(":")));
      share.textContent = `${counts[status.value || "found"] ?? 0}/${share.dataset.total}`;
    }
    for (const row of rows) {
      const cells = [...row.querySelectorAll("[data-status]")];
      for (const cell of cells) cell.classList.toggle("dim", status.value !== "" && cell.dataset.status !== status.value);
      const lacks = cells.length > 0 && status.value !== "" && !cells.some((cell) => cell.dataset.status === status.value);
      const elsewhere = Boolean(region?.value) && row.querySelector("th").textContent !== region.value;
      row.hidden = lacks || elsewhere;
    }
  };
  status?.addEventListener("change", filter);
  region?.addEventListener("change", filter);

  const search = document.getElementById("search");
  search?.addEventListener("input", () => {
    const words = search.value.trim();
    const hits = words ? PLACES.filter(([code, , full]) => full.includes(words) || code.startsWith(words)).slice(0, 20) : [];
    document.getElementById("none").hidden = words === "" || hits.length > 0;
    document.getElementById("hits").replaceChildren(...hits.map(([code, , full]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `place/${code}.html`;
      link.textContent = `${full} ${code}`;
      item.append(link);
      return item;
    }));
  });
})();
