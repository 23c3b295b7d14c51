// Brings run panels to life. The page is complete without this script: it shows a committed run
// and the command that makes one. Here, sliders change the command, and where the workbook's own
// server has sent the page (`data-live`), buttons run the lab and stop it.
'use strict';

(() => {
    for (const section of document.querySelectorAll('section.lab')) {
        panel(section);
    }

    function panel(section) {
        const lab = section.dataset.lab;
        const find = selector => section.querySelector(selector);
        const form = find('form');
        const command = find('.lab-command code');
        const knobs = Array.from(form.querySelectorAll('[data-knob]'), slider => ({
            name: slider.dataset.knob,
            slider,
            exact: form.querySelector(`[data-exact="${slider.dataset.knob}"]`),
        }));

        const showCommand = () => {
            const flags = knobs.map(knob => `--${knob.name} ${knob.slider.value}`);
            const parts = [`cargo run -p ${lab} --`, ...flags].map(text => {
                const part = document.createElement('span');
                part.textContent = text;
                return [part, ' '];
            });
            command.replaceChildren(...parts.flat().slice(0, -1));
        };
        for (const { slider, exact } of knobs) {
            slider.addEventListener('input', () => {
                exact.value = slider.value;
                showCommand();
            });
            exact.addEventListener('input', () => {
                if (exact.checkValidity()) {
                    slider.value = exact.value;
                    showCommand();
                }
            });
        }
        form.addEventListener('reset', () => setTimeout(showCommand));
        // mdBook turns pages with the arrow keys and searches with letters.
        section.addEventListener('keydown', event => event.stopPropagation());
        reveal(find('.lab-reset'));
        copying(find('.lab-copy'), command);
        if ('live' in section.dataset) {
            running(lab, form, knobs, find);
        }
    }

    function copying(button, command) {
        if (!navigator.clipboard) {
            return;
        }
        reveal(button);
        button.addEventListener('click', async () => {
            await navigator.clipboard.writeText(command.textContent);
            button.textContent = 'Copied';
            setTimeout(() => {
                button.textContent = 'Copy';
            }, 1500);
        });
    }

    function running(lab, form, knobs, find) {
        const [run, stop, output, status] = ['.lab-run', '.lab-stop', '.lab-output', '.lab-status'].map(find);
        reveal(run);
        reveal(stop);

        const show = {
            status: event => {
                status.textContent = event.text;
            },
            line: event => {
                const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
                output.hidden = false;
                output.append(event.text + '\n');
                if (atEnd) {
                    output.scrollTop = output.scrollHeight;
                }
            },
            result: event => {
                // The server has drawn these from a checked recording, with all text escaped.
                find('.lab-picture').innerHTML = event.svg;
                find('.lab-report').innerHTML = event.report;
                find('.lab-source').innerHTML = event.source;
                find('.lab-whose').textContent = 'Your run';
            },
            ended: event => {
                status.textContent = event.text;
                form.closest('section').dataset.ended = event.how;
            },
        };

        form.addEventListener('submit', async event => {
            event.preventDefault();
            const values = Object.fromEntries(knobs.map(knob => [knob.name, Number(knob.exact.value)]));
            busy(true);
            output.replaceChildren();
            output.hidden = true;
            status.textContent = 'Starting …';
            try {
                for await (const told of events(`/api/labs/${lab}/run`, { knobs: values })) {
                    show[told.event]?.(told);
                }
            } catch (error) {
                status.textContent = error.message;
                form.closest('section').dataset.ended = 'refused';
            }
            busy(false);
        });
        stop.addEventListener('click', async () => {
            // Still pressable, so that the keyboard's focus stays; the run's end disables it.
            status.textContent = 'Stopping …';
            await fetch(`/api/labs/${lab}/stop`, { method: 'POST' });
        });

        function busy(yes) {
            // The keyboard's focus moves on before its button can no longer be pressed.
            const [from, to] = yes ? [run, stop] : [stop, run];
            const focused = document.activeElement === from;
            to.disabled = false;
            if (focused) {
                to.focus({ preventScroll: true });
            }
            from.disabled = true;
            if (yes) {
                delete form.closest('section').dataset.ended;
            }
            form.closest('section').toggleAttribute('data-running', yes);
        }
    }

    // What the server tells of a run, one JSON document per line, as it comes.
    async function* events(url, request) {
        let response;
        try {
            response = await fetch(url, {
                method: 'POST',
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify(request),
            });
        } catch {
            throw new Error('The workbook does not answer. Is it still running?');
        }
        if (!response.ok) {
            const answer = await response.json().catch(() => null);
            throw new Error(answer?.error?.message ?? `The workbook answers ${response.status}.`);
        }
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let pending = '';
        for (;;) {
            const { done, value } = await reader.read().catch(() => {
                throw new Error('The workbook has gone away.');
            });
            if (done) {
                return;
            }
            const lines = (pending + value).split('\n');
            pending = lines.pop();
            for (const line of lines) {
                yield JSON.parse(line);
            }
        }
    }

    function reveal(button) {
        button.hidden = false;
    }
})();
