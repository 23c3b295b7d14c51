// Brings run panels to life. The page is complete without this script: it shows a committed run
// and the command that makes one. Here, sliders change the command, and where the workbook's own
// server has sent the page (`data-live`), buttons run the lab and stop it. Other widgets hear of it by events that
// bubble from the panel: `lab:knobs` (what the sliders stand at), `lab:run` (may be prevented, with a reason in
// `detail.why`), `lab:start`, `lab:sample`, `lab:result` and `lab:end`.
'use strict';

(() => {
    for (const section of document.querySelectorAll('section.lab')) {
        panel(section);
    }
    for (const button of document.querySelectorAll('button.copy')) {
        copying(button, button.previousElementSibling);
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

        const tell = (name, detail) => section.dispatchEvent(
            new CustomEvent(`lab:${name}`, { bubbles: true, detail: { lab, ...detail } }));
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
            const moved = () => {
                showCommand();
                tell('knobs', { knobs: { [slider.dataset.knob]: slider.value } });
            };
            slider.addEventListener('input', () => {
                exact.value = slider.value;
                moved();
            });
            exact.addEventListener('input', () => {
                if (exact.checkValidity()) {
                    slider.value = exact.value;
                    moved();
                }
            });
        }
        form.addEventListener('reset', () => setTimeout(() => {
            showCommand();
            tell('knobs', { knobs: null });
        }));
        // mdBook turns pages with the arrow keys and searches with letters.
        section.addEventListener('keydown', event => event.stopPropagation());
        reveal(find('.lab-reset'));
        if ('live' in section.dataset) {
            running(lab, form, knobs, find, tell);
        }
    }

    function copying(button, command) {
        if (!navigator.clipboard || !command) {
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

    function running(lab, form, knobs, find, tell) {
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
            sample: event => tell('sample', event),
            result: event => {
                // The server has drawn these from a checked recording, with all text escaped.
                find('.lab-picture').innerHTML = event.svg;
                find('.lab-picture').hidden = event.svg === '';
                find('.lab-report').innerHTML = event.report;
                find('.lab-source').innerHTML = event.source;
                find('.lab-whose').textContent = 'Your run';
                const { knobs, numbers, too_busy: tooBusy } = event;
                tell('result', { knobs, numbers, tooBusy, source: find('.lab-source').textContent });
            },
            ended: event => {
                status.textContent = event.text;
                form.closest('section').dataset.ended = event.how;
            },
        };

        form.addEventListener('submit', async event => {
            event.preventDefault();
            const values = Object.fromEntries(knobs.map(knob => [knob.name, Number(knob.exact.value)]));
            const begin = new CustomEvent('lab:run', { bubbles: true, cancelable: true, detail: { lab, why: '' } });
            if (!form.dispatchEvent(begin)) {
                status.replaceChildren(begin.detail.why);
                return;
            }
            busy(true);
            tell('start');
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
            tell('end');
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
