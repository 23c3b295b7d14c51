// Several steps in a row become tabs, of which one is shown. Without this script they stand one after the other.
'use strict';

(() => {
    for (const figure of document.querySelectorAll('figure.steps')) {
        const steps = Array.from(figure.querySelectorAll('.steps-step'));
        if (steps.length > 1) {
            tabs(figure, steps);
        }
    }

    function tabs(figure, steps) {
        const list = document.createElement('div');
        list.className = 'steps-tabs';
        list.setAttribute('role', 'tablist');
        list.setAttribute('aria-label', 'Steps');
        const buttons = steps.map((step, index) => {
            const button = document.createElement('button');
            button.type = 'button';
            button.id = `${step.id}-tab`;
            button.setAttribute('role', 'tab');
            button.setAttribute('aria-controls', step.id);
            button.textContent = `${index + 1}. ${step.querySelector('.steps-title').textContent}`;
            button.addEventListener('click', () => choose(index));
            step.setAttribute('role', 'tabpanel');
            step.setAttribute('aria-labelledby', button.id);
            step.querySelector('.steps-title').hidden = true;
            return button;
        });
        list.append(...buttons);
        list.addEventListener('keydown', event => {
            const now = buttons.indexOf(document.activeElement);
            const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: buttons.length - 1 }[event.key];
            // mdBook turns pages with the arrow keys.
            event.stopPropagation();
            if (next !== undefined) {
                event.preventDefault();
                choose((next + buttons.length) % buttons.length);
                buttons[(next + buttons.length) % buttons.length].focus();
            }
        });
        figure.prepend(list);
        choose(0);

        function choose(chosen) {
            buttons.forEach((button, index) => {
                button.setAttribute('aria-selected', index === chosen);
                button.tabIndex = index === chosen ? 0 : -1;
                steps[index].hidden = index !== chosen;
            });
        }
    }
})();
