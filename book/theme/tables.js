// Measured tables get a last column: the same sentence with the numbers of the reader's own run in it.
'use strict';

(() => {
    const live = 'live' in document.documentElement.dataset;
    for (const hint of document.querySelectorAll('.measured-hint')) {
        const numbers = Array.from(hint.parentElement.previousElementSibling?.querySelectorAll('.number') ?? []);
        const runs = numbers.some(number => document.querySelector(`section.lab[data-lab="${number.dataset.lab}"]`));
        hint.textContent = live && runs ? 'Run the lab, and your own numbers appear beside these.' : '';
    }
    document.addEventListener('lab:result', ({ detail }) => {
        for (const table of document.querySelectorAll('table.measured')) {
            if (table.querySelector(`.number[data-lab="${detail.lab}"]`)) {
                fill(table, detail);
            }
        }
    });

    function fill(table, { lab, numbers, source }) {
        for (const row of table.tBodies[0].rows) {
            const [committed, yours] = [row.cells[1], row.cells[3]];
            if (committed.querySelector(`.number[data-lab="${lab}"]`)) {
                // Numbers of other labs keep what an earlier run has put there.
                const from = yours.childNodes.length > 0 ? yours : committed;
                const copy = Array.from(from.childNodes, node => node.cloneNode(true));
                yours.replaceChildren(...copy);
                for (const number of yours.querySelectorAll('.number')) {
                    if (number.dataset.lab === lab) {
                        number.textContent = numbers[number.dataset.path]?.text ?? '–';
                        number.dataset.yours = '';
                    } else if (!('yours' in number.dataset)) {
                        number.textContent = '–';
                    }
                }
            }
        }
        for (const cell of table.querySelectorAll('.measured-yours')) {
            cell.hidden = false;
        }
        const hint = table.parentElement.nextElementSibling?.querySelector('.measured-hint');
        if (hint) {
            hint.textContent = `Your run, in the last column: ${source}`;
        }
    }
})();
