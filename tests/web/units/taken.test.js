// Shows that names which exist are found without asking for any that do not.
import test from 'node:test';
import assert from 'node:assert/strict';
import { taken } from '../../../web/uploads/taken.js';

/** A server with these paths, which lists folders page by page, and refuses what is not there. */
function server(paths) {
  const asked = [];
  const list = async (folder, { after, limit }) => {
    asked.push(folder);
    assert.ok(!folder || paths.some((path) => path.toLowerCase().startsWith(`${folder.toLowerCase()}/`) || path.toLowerCase() === folder.toLowerCase()), `${folder} is not there`);
    const below = paths.filter((path) => path.toLowerCase().startsWith(`${folder.toLowerCase()}/`)).map((path) => path.slice(folder.length + 1).split('/'));
    const names = new Map(below.map(([name, ...more]) => [name.toLowerCase(), { path: `${folder}/${name}`, is_dir: more.length > 0 }]));
    const behind = [...names].filter(([key]) => key > after.toLowerCase()).sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry);
    return { contents: behind.slice(0, limit), has_more: behind.length > limit };
  };
  return { list, asked };
}

const upload = (path) => ({ path, isFolder: false });
const found = async (paths, wanted) => {
  const { list, asked } = server(paths);
  const there = await taken({ list }, wanted.map(upload));
  return { there: [...there].map(([{ path }, entry]) => `${path} = ${entry.path}`), asked };
};

test('a few names', async () => {
  const { there } = await found(['/a/One.txt', '/a/two.txt', '/a/two'], ['/a/one.TXT', '/a/tw', '/a/two', '/b']);
  assert.deepEqual(there, ['/a/one.TXT = /a/One.txt', '/a/two = /a/two']);
});

test('nothing is asked of folders that are not there', async () => {
  const { there, asked } = await found(['/a/x'], ['/new/x', '/new/deep/er/x', '/a/x/y']);
  assert.deepEqual(there, []);
  assert.deepEqual([...new Set(asked)].sort(), ['', '/a']);
});

test('many names are looked at in pages', async () => {
  const many = Array.from({ length: 25000 }, (_, i) => `/m/${i}.txt`);
  const { there, asked } = await found(many, Array.from({ length: 30 }, (_, i) => `/m/${i * 1000}.txt`));
  assert.equal(there.length, 25);
  assert.deepEqual(asked, ['', '/m', '/m', '/m']);
});
