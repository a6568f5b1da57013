/// How the page looks: the console's colours, in a page that stands by itself.
enum PageStyle {
    /// The flock, in the colour of the text around it.
    static let mark: Markup = """
        <svg viewBox="0 0 30 17" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" \
        stroke-linecap="round" stroke-linejoin="round"><path d="M1 15q2-3 4 0q2-3 4 0"/><path d="M7 8.500q2-3 4 0q2-3 4 0"/>\
        <path d="M13 2.500q2-3 4 0q2-3 4 0"/><path d="M20 8.500q2-3 4 0q2-3 4 0"/></svg>
        """

    /// A verdict as a shape and a word; colour only repeats it.
    static func state(_ passed: Bool) -> Markup {
        passed ? "<span class=\"state ok\">pass</span>" : "<span class=\"state bad\">fail</span>"
    }

    /// A bar that is full when a figure has reached its limit.
    static func meter(_ share: Double) -> Markup {
        let percent = min(max(share, 0), 1) * 100
        return """
            <span class="meter\(share > 1 ? " over" : "")" aria-hidden="true"><i style="width:\(percent)%"></i></span>
            """
    }

    static let css: Markup = """
        :root {
          color-scheme: light dark;
          --page: #f6f7f9; --card: #fff; --line: #d9dee5; --text: #16202c; --quiet: #566373; --link: #0a5ba8;
          --bar: #12304d; --bar-text: #fff; --bar-quiet: #c3d3e3;
          --ok: #17693a; --ok-back: #e3f4e9; --bad: #a3211c; --bad-back: #fbe5e3;
          --band: #9dbfe0; --median: #0a5ba8; --refused: #b86e00; --unknown-outcome: #c4261f; --outage: #7a3db8;
          --fault: #f7e3c0; --fault-line: #a05a00; --whole: #17693a;
          --host0: #a5c8ee; --host1: #f3c585; --host2: #a9d9ac; --host3: #d8bdec; --host4: #f0b3c1; --host5: #cfcbb4;
        }
        @media (prefers-color-scheme: dark) { :root {
          --page: #10161d; --card: #18212b; --line: #2e3b49; --text: #e6ecf2; --quiet: #a3b1c0; --link: #7db8f2;
          --bar: #0b1a2a; --bar-quiet: #b5c6d8;
          --ok: #7fd6a0; --ok-back: #143222; --bad: #ff9d96; --bad-back: #441a18;
          --band: #2f5a85; --median: #8cc2f7; --refused: #f0b455; --unknown-outcome: #ff7a70; --outage: #c79bf0;
          --fault: #3d2f16; --fault-line: #f0c26b; --whole: #7fd6a0;
          --host0: #2f5f92; --host1: #845713; --host2: #2b6a3a; --host3: #654380; --host4: #84384a; --host5: #5a5743;
        } }
        * { box-sizing: border-box; }
        html { font: 100%/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        body { margin: 0; background: var(--page); color: var(--text); }
        a { color: var(--link); }
        header { background: var(--bar); color: var(--bar-text); }
        header .inner, main, footer { max-width: 76rem; margin: 0 auto; padding: 1.25rem 1.5rem; }
        .brand { display: flex; align-items: center; gap: .6rem; margin: 0; font-weight: 650; }
        .brand svg { width: 2.1rem; height: 1.3rem; }
        h1 { margin: .2rem 0 .8rem; font-size: 1.9rem; font-weight: 650; letter-spacing: -.01em; }
        header dl { display: flex; flex-wrap: wrap; gap: .4rem 2.2rem; margin: 0; font-size: .9rem; }
        header dt { color: var(--bar-quiet); } header dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
        footer { color: var(--quiet); font-size: .85rem; padding-top: 0; }
        .quiet { color: var(--quiet); }
        .card { margin: 0 0 1.25rem; border: 1px solid var(--line); border-radius: .7rem; background: var(--card); overflow: hidden; }
        .card h2 { margin: 0; padding: .9rem 1.1rem .3rem; font-size: 1.15rem; font-weight: 650; }
        .card > p, .card > ul.verdict { margin: 0 1.1rem .8rem; }
        .facts { color: var(--quiet); }
        .verdict { margin: 0 0 1.25rem; padding: .9rem 1.1rem; border: 1px solid; border-radius: .7rem; }
        .verdict p { margin: 0; } .verdict strong { font-size: 1.15rem; } .verdict a { color: inherit; }
        .verdict ul { margin: .3rem 0 0; padding-left: 1.3rem; } ul.verdict { padding-left: 2.1rem; font-weight: 600; }
        .verdict.ok { color: var(--ok); background: var(--ok-back); }
        .verdict.bad { color: var(--bad); background: var(--bad-back); }
        .state { font-size: .95rem; font-weight: 600; white-space: nowrap; }
        .state.ok, .figure.ok { color: var(--ok); } .state.bad, .figure.bad, td.bad { color: var(--bad); }
        td.bad { font-weight: 650; }
        .state.ok::before { content: "\\25CF\\00A0"; } .state.bad::before { content: "\\25A0\\00A0"; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; margin: 0 0 1.25rem; padding: 0; list-style: none; }
        .tiles li { display: flex; flex-direction: column; padding: .8rem 1.1rem; border: 1px solid var(--line); border-radius: .7rem; background: var(--card); }
        .tiles .figure { font-size: 1.6rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .tiles .quiet { font-size: .85rem; }
        .scroll { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
        caption { padding: .6rem 1.1rem .2rem; text-align: left; font-weight: 650; }
        th, td { padding: .35rem 1.1rem; text-align: left; vertical-align: top; overflow-wrap: break-word; }
        thead th { color: var(--quiet); font-size: .85rem; font-weight: 600; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
        tbody th { font-weight: 500; } tbody tr + tr > * { border-top: 1px solid var(--line); }
        th.whole, td.whole { white-space: nowrap; } .columns td.whole { white-space: normal; }
        .tag { margin-left: .3rem; padding: .05rem .5rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--quiet); font-size: .8rem; font-weight: 400; vertical-align: .1em; }
        td.number, th.number { text-align: right; }
        .summary th, .summary td { padding: .45rem .7rem; } .summary th:first-child { padding-left: 1.1rem; }
        .summary tbody th { font-weight: 600; overflow-wrap: normal; } .summary tbody th .quiet { display: block; font-size: .85rem; font-weight: 400; }
        .of { color: var(--quiet); font-size: .85em; white-space: nowrap; }
        .meter { display: block; height: .3rem; min-width: 4rem; max-width: 9rem; margin: .2rem 0; border-radius: .2rem; background: var(--line); overflow: hidden; }
        td.number .meter { margin-left: auto; }
        .meter i { display: block; height: 100%; background: var(--ok); } .meter.over i { background: var(--bad); }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); align-items: start; }
        ul.key, ul.spans { display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; margin: 0; padding: 0; list-style: none; }
        ul.key { padding: .2rem 1.1rem .6rem; } ul.spans { gap: .1rem 1rem; } ul.key li, ul.spans li { white-space: nowrap; }
        .swatch { display: inline-block; width: 1.5em; height: .8em; margin-right: .45em; border: 1px solid transparent; }
        figure { margin: .9rem 1.1rem 1.1rem; } figcaption { font-weight: 650; font-size: .92rem; }
        figure svg { display: block; width: 100%; height: auto; margin-top: .3rem; }
        svg text { font-size: 12px; fill: var(--text); font-variant-numeric: tabular-nums; }
        svg .lane, svg .scale, svg .end { text-anchor: end; } svg .mark { text-anchor: middle; }
        svg .scale { font-size: 10px; fill: var(--quiet); } svg .quiet, svg .mark { fill: var(--quiet); }
        svg path { fill: none; } svg .grid { stroke: var(--line); stroke-width: 1; }
        svg .band { fill: var(--band); } svg .median { stroke: var(--median); stroke-width: 1.5; }
        svg .dots { stroke: var(--median); stroke-width: 3.2; stroke-linecap: round; stroke-opacity: .65; }
        svg .unknown-outcome { stroke: var(--unknown-outcome); } svg .refused { stroke: var(--refused); }
        svg .outage { fill: var(--outage); } svg .fault { fill: var(--fault); }
        svg .fault-line { stroke: var(--fault-line); stroke-width: 1.5; } svg .fault-name { fill: var(--fault-line); font-weight: 650; }
        svg .whole-line { stroke: var(--whole); stroke-width: 1.5; stroke-dasharray: 4 3; } svg .whole-name { fill: var(--whole); font-weight: 650; }
        .unknown-swatch { background: var(--unknown-outcome); } .refused-swatch { background: var(--refused); }
        .outage-swatch { background: var(--outage); } .fault-swatch { background: var(--fault); border-color: var(--line); }
        .host0 { fill: var(--host0); background: var(--host0); } .host1 { fill: var(--host1); background: var(--host1); }
        .host2 { fill: var(--host2); background: var(--host2); } .host3 { fill: var(--host3); background: var(--host3); }
        .host4 { fill: var(--host4); background: var(--host4); } .host5 { fill: var(--host5); background: var(--host5); }
        .nobody { fill: var(--bad-back); background: var(--bad-back); stroke: var(--bad); border-color: var(--bad); }
        .contested { fill: var(--bad); background: var(--bad); } .unknown { fill: none; stroke: var(--quiet); stroke-dasharray: 3 3; border: 1px dashed var(--quiet); }
        @media (max-width: 40rem) { header .inner, main, footer { padding: 1rem; } th, td { padding: .35rem .7rem; } }
        @media print {
          :root { color-scheme: light; --page: #fff; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          html { font-size: 70%; } .card, .tiles li { border-color: #bbb; } .scenario { break-before: page; }
          table, figure, .tiles, .verdict { break-inside: avoid; } a { color: inherit; text-decoration: none; }
        }

        """
}
