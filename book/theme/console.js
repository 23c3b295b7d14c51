// The command that holds a lab for the console follows the sliders of the lab's panel. A knob that was not moved stays
// as the chapter's author wants it.
'use strict';

(() => {
    const sections = Array.from(document.querySelectorAll('section.console'), section => {
        const code = section.querySelector('.console-hold');
        return { lab: section.dataset.lab, code, written: Array.from(code.childNodes) };
    });
    document.addEventListener('lab:knobs', ({ detail }) => {
        for (const { lab, code, written } of sections.filter(({ lab }) => lab === detail.lab)) {
            if (detail.knobs === null) {
                code.replaceChildren(...written);
                continue;
            }
            for (const [name, value] of Object.entries(detail.knobs)) {
                const flag = document.createElement('span');
                flag.dataset.knob = name;
                flag.textContent = `--${name} ${value}`;
                const old = code.querySelector(`[data-knob="${name}"]`);
                if (old) {
                    old.replaceWith(flag);
                } else {
                    code.lastElementChild.before(flag, ' ');
                }
            }
        }
    });
})();
