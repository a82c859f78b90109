// What is told of the list as a whole: the line below it, or what stands in its place.

import { ApiError, textOf } from '../api/client.js';
import { fill, h } from '../lib/dom.js';
import { count } from '../lib/format.js';
import { parentOf } from '../lib/paths.js';
import { newFolder } from './actions.js';
import { ROOT, titleOf } from './crumbs.js';
import { NoFolder } from './folder.js';
import { hideNotice, showEmpty, showGone, showNotFound, showProblem } from './notice.js';

/** @param {import('./app.js').App} app @param {import('./context.js').Entry[]} entries What is shown. */
export function tell(app, entries) {
  const { folder, search, notice, path, problem } = app;
  const isReading = !folder.isWhole || search.isSearching;
  const words = [count(entries.length, search.query ? 'match' : 'item', search.query ? 'matches' : 'items')];
  if (isReading) words.push(entries.length ? 'reading on…' : 'reading…');
  if (search.query && search.reach !== 'here' && !search.isDeep) words.push('three letters search further');
  if (!app.isReached) words.push('no connection: what others change is shown when it is back');
  const isQuiet = problem || !(entries.length || isReading || search.query || !app.isReached);
  const text = isQuiet ? '' : words.join(' · ');
  // Who hears the page hears where they are, and nothing twice.
  const heard = text && `${titleOf(path)}: `;
  if (app.status.textContent !== heard + text) fill(app.status, h('span', { class: 'unseen' }, heard), text);
  if (problem) return tellProblem(app);
  if (entries.length || isReading) return hideNotice(notice);
  if (search.problem) {
    return showProblem(notice, search.problem, [{ text: 'Try again', run: () => search.widen(search.reach), main: true }]);
  }
  if (!search.query) return showEmpty(notice, !path, () => app.parts.choose('files'), () => newFolder(app));
  const all = { text: 'Search everywhere', run: () => search.widen('all'), main: true };
  const end = { text: 'End the search', run: () => search.reset() };
  const isEverywhere = search.reach === 'all' && search.isDeep;
  showNotFound(notice, search.query, isEverywhere ? '' : search.reach === 'below' ? 'here or below' : 'here',
    isEverywhere || search.query.length < 3 ? [end] : [all, end]);
}

/** @param {import('./app.js').App} app */
function tellProblem(app) {
  const { problem, notice, path } = app;
  const again = { text: 'Try again', run: () => app.refresh(), main: true };
  if (problem instanceof NoFolder || (problem instanceof ApiError && problem.status === 404)) {
    const up = { text: `Open “${titleOf(parentOf(path))}”`, run: () => app.go(parentOf(path)), main: true };
    return showGone(notice, [path ? up : again, { text: 'Deleted items', run: () => app.parts.deleted() }]);
  }
  if (problem instanceof ApiError && problem.status === 401) {
    return showProblem(notice, problem.message, [{ text: 'Sign in again', run: () => location.reload(), main: true }]);
  }
  showProblem(notice, textOf(problem), path ? [again, { text: ROOT, run: () => app.go('') }] : [again]);
}
