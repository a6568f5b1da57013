// The cluster page, live: the server renders, this only puts it in its place. Without it the page reloads by itself.
const region = document.querySelector("[data-events]");
if (region) {
    const note = document.querySelector("[data-connection]");
    const clock = document.querySelector("[data-clock]");
    const summary = document.querySelector("[data-announcement]");
    const events = new EventSource(region.dataset.events);

    const say = (element, text) => { if (element.textContent !== text) element.textContent = text; };

    events.addEventListener("open", () => say(note, "Live"));
    events.addEventListener("state", (event) => {
        const focused = document.activeElement?.id;
        region.innerHTML = event.data;
        if (focused) document.getElementById(focused)?.focus();
        // Read out by screen readers only when it changes, not every time.
        say(summary, region.querySelector("[data-headline]")?.textContent ?? "");
        say(note, "Live");
    });
    events.addEventListener("clock", (event) => {
        say(clock, event.data);
        say(note, "Live");
    });
    events.addEventListener("error", () => {
        if (events.readyState === EventSource.CLOSED) location.reload();
        else say(note, "Connection lost, trying again; what you see may be old");
    });
    addEventListener("pagehide", () => events.close());
}
