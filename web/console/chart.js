// Keeps the charts of a page fresh while somebody looks at it. They stand there already: whoever has no scripts reloads.

const EVERY = 10_000;

/** @typedef {{exact: string, clock: string, value: string}} Tick */
/** @typedef {{name: string, line: string, latest: string, most: string, ticks: Tick[]}} Chart */

class Charts extends HTMLElement {
  /** @type {number | undefined} */
  #timer;

  connectedCallback() {
    this.#timer = setInterval(() => this.#refresh(), EVERY);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  async #refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch(this.dataset.from ?? "", { redirect: "error" });
      if (!answer.ok) return;
      /** @type {{charts: Chart[]}} */
      const fresh = await answer.json();
      for (const chart of fresh.charts) this.#show(chart);
    } catch {
      // The server is away: what is shown is what was last known of it.
    }
  }

  /** @param {Chart} chart */
  #show(chart) {
    const figure = this.querySelector(`[data-name="${chart.name}"]`);
    figure?.querySelector("path")?.setAttribute("d", chart.line);
    for (const part of /** @type {const} */ (["latest", "most"])) {
      const place = figure?.querySelector(`[data-part="${part}"]`);
      if (place) place.textContent = chart[part];
    }
    const [times, values] = [figure?.querySelectorAll("time"), figure?.querySelectorAll("td")];
    chart.ticks.forEach(({ exact, clock, value }, index) => {
      const [time, cell] = [times?.[index], values?.[index]];
      if (time) [time.dateTime, time.textContent] = [exact, clock];
      if (cell) cell.textContent = value;
    });
  }
}

customElements.define("tm-charts", Charts);
