import { expect, test } from 'vitest';
import { findMirror } from './mirror.ts';

const DEB822 = `Types: deb
# http://snapshot.example/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
`;

test('the mirror is read from deb822 sources, comments left out', () => {
  expect(findMirror('debian', [DEB822])).toBe('http://mirror.example/debian');
  expect(findMirror('debian-security', [DEB822])).toBe('http://mirror.example/debian-security');
});

test('the mirror is read from one-line sources with options', () => {
  const text =
    '# deb http://old.example/debian sid main\ndeb [arch=amd64] https://a.example/mirror/debian/ bookworm main\n';
  expect(findMirror('debian', [text])).toBe('https://a.example/mirror/debian');
  expect(findMirror('debian-security', [text])).toBe('https://a.example/mirror/debian-security');
});

test('other archives are not mistaken for Debian, and none is assumed', () => {
  expect(() => findMirror('debian', ['deb https://packages.example/apt stable main\n'])).toThrow(
    'no Debian archive in /etc/apt',
  );
});
