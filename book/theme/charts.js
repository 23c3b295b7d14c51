// Live charts in a run panel: what the lab's variables were while it ran, a small picture each. What only grows is
// shown as a rate. Only what has moved is drawn, and the charts stay after the run.
'use strict';

(() => {
    const MOST = 8;
    const [WIDTH, HEIGHT] = [180, 60];
    const runs = new WeakMap();

    document.addEventListener('lab:start', ({ target }) => {
        runs.set(target, { samples: [], charts: new Map() });
        const place = target.querySelector('.lab-charts');
        place.replaceChildren();
        place.hidden = true;
    });
    document.addEventListener('lab:sample', ({ target, detail }) => {
        const run = runs.get(target);
        run?.samples.push(detail);
        if (run) {
            draw(target.querySelector('.lab-charts'), run);
        }
    });

    function draw(place, { samples, charts }) {
        for (const { name, grows } of samples.at(-1).readings) {
            const points = series(samples, name, grows);
            const moved = points.some(([, value]) => value !== points[0][1]);
            if (!charts.has(name) && moved && charts.size < MOST) {
                charts.set(name, chart(name, grows));
                // In the order of their names, whichever moved first.
                place.replaceChildren(...[...charts].sort(([a], [b]) => a < b ? -1 : 1).map(([, { figure }]) => figure));
                place.hidden = false;
            }
            charts.get(name)?.show(points);
        }
    }

    // Times in seconds and values; for what only grows, the rate since the look before.
    function series(samples, name, grows) {
        const points = samples.flatMap(({ at_ns, readings }) => {
            const reading = readings.find(reading => reading.name === name);
            return reading ? [[at_ns / 1e9, reading.value]] : [];
        });
        if (!grows) {
            return points;
        }
        return points.slice(1).map(([at, value], index) => {
            const [before, had] = points[index];
            return [at, Math.max(0, value - had) / Math.max(at - before, 1e-6)];
        });
    }

    function chart(name, grows) {
        const figure = document.createElement('figure');
        const caption = document.createElement('figcaption');
        const value = document.createElement('strong');
        caption.append(label(name), ' ', value);
        const svg = element('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' });
        const line = element('polyline', { class: 'chart-line', points: '' });
        const high = element('text', { x: 2, y: 11 });
        const low = element('text', { x: 2, y: HEIGHT - 3 });
        const end = element('text', { x: WIDTH - 2, y: HEIGHT - 3, 'text-anchor': 'end' });
        svg.append(element('path', { class: 'chart-axis', d: `M0 ${HEIGHT - 14}H${WIDTH}M0 14H${WIDTH}` }), line, high, low, end);
        figure.append(caption, svg);
        const unit = grows ? '/s' : '';
        const show = points => {
            if (points.length === 0) {
                return;
            }
            const values = points.map(([, value]) => value);
            const [least, most] = [Math.min(0, ...values), Math.max(...values, 0) || 1];
            const last = points.at(-1);
            const x = at => (at / last[0] * WIDTH).toFixed(1);
            const y = value => (HEIGHT - 14 - (value - least) / (most - least) * (HEIGHT - 28)).toFixed(1);
            line.setAttribute('points', points.map(([at, value]) => `${x(at)},${y(value)}`).join(' '));
            high.textContent = digits(most) + unit;
            low.textContent = digits(least);
            end.textContent = `${digits(last[0])} s`;
            value.textContent = digits(last[1]) + unit;
            svg.setAttribute('aria-label',
                `${label(name)} over ${digits(last[0])} s: between ${digits(Math.min(...values))} and ${digits(Math.max(...values))}${unit}, ${digits(last[1])}${unit} at the end`);
        };
        return { figure, show };
    }

    // channels.orders.senders_waiting → orders: senders waiting
    function label(name) {
        const parts = name.replaceAll('_', ' ').split('.');
        return parts.slice(-2).join(': ');
    }

    function element(name, attributes) {
        const made = document.createElementNS('http://www.w3.org/2000/svg', name);
        for (const [key, value] of Object.entries(attributes)) {
            made.setAttribute(key, value);
        }
        return made;
    }

    function digits(value) {
        return Math.abs(value) >= 999.5 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
    }
})();
