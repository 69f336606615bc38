// Opens every page that links lead to from the first one, light and dark, wide and narrow, and runs axe-core.
const { createRequire } = require('module');
const { readFileSync } = require('fs');
const [packages, base, token] = process.argv.slice(2);
const from = createRequire(packages + '/');
const puppeteer = from('puppeteer-core');
const axe = readFileSync(from.resolve('axe-core/axe.min.js'), 'utf8');
const MOST = 32;

(async () => {
  const browser = await puppeteer.launch({ executablePath: 'chromium', headless: true, args: ['--no-sandbox'] })
    .catch(() => puppeteer.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox'] }));
  let serious = 0;
  const seen = ['/', '/escalations?state=all', '/names'], kinds = new Set(), faults = [];
  for (let nth = 0; nth < seen.length && nth < MOST; nth++) {
    for (const [scheme, width] of [['light', 1280], ['dark', 390]]) {
      const page = await browser.newPage();
      page.on('pageerror', (error) => faults.push(`${seen[nth]}: ${error}`));
      page.on('console', (line) => line.type() === 'error' && faults.push(`${seen[nth]}: ${line.text()}`));
      await page.setExtraHTTPHeaders({ authorization: `Bearer ${token}` });
      await page.setBypassCSP(true);
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(base + seen[nth]);
      const links = await page.$$eval('main a[href^="/"], nav a[href^="/"]', (all) => all.map((a) => a.getAttribute('href')));
      for (const link of links) {
        // One page of each kind is enough; files are no pages.
        const parts = link.replace(/[?#].*/, '').split('/');
        const word = parts.slice(2).filter((part) => /^[a-z-]{1,20}$/.test(part)).join('/');
        const kind = parts.slice(0, 2).join('/') + parts.length + word;
        if (!kinds.has(kind) && !link.startsWith('/v1') && !link.startsWith('/log/')) { kinds.add(kind); seen.push(link); }
      }
      await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) faults.push(`${seen[nth]} is ${over} px too wide at ${width}`);
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      for (const one of found.violations) {
        if (['serious', 'critical'].includes(one.impact)) serious++;
        console.log(one.impact, one.id, seen[nth], scheme, width, one.nodes[0].target.join(' '));
      }
      await page.close();
    }
  }
  await browser.close();
  faults.forEach((fault) => console.log('fault', fault));
  console.log(`pages: ${seen.length}, serious or critical: ${serious}`);
  process.exit(faults.length || seen.length < 8 ? 1 : 0);
})();
