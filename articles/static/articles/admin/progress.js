// Moves the bar of a running import, and shows the report when it has ended.
(() => {
  "use strict";
  const bar = document.getElementById("import-progress");
  const numbers = document.getElementById("import-numbers");
  const state = document.getElementById("import-state");
  const format = new Intl.NumberFormat(document.documentElement.lang || undefined);

  async function look() {
    let run;
    try {
      const response = await fetch(bar.dataset.url, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(response.status);
      run = await response.json();
    } catch {
      numbers.textContent = "The site does not answer at the moment. Trying again…";
      setTimeout(look, 4000);
      return;
    }
    if (run.state === "done" || run.state === "failed") {
      location.reload();
      return;
    }
    state.textContent = run.label;
    if (run.total) {
      bar.max = run.total;
      bar.value = run.done;
      numbers.textContent = `${format.format(run.done)} of ${format.format(run.total)} items`;
    }
    setTimeout(look, 1000);
  }
  setTimeout(look, 1000);
})();
