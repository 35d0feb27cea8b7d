import { expect, test } from 'vitest';
import { auditRows, type AuditEvent } from './auditRows';
import { csv } from './csv';

test('a file begins with the mark of UTF-8 and has the line ends of RFC 4180', () => {
  expect(
    csv([
      ['原因', 'b'],
      ['1', null],
    ]),
  ).toBe('\ufeff原因,b\r\n1,\r\n');
});

test.each(['=1+1', '+86', '-1', '@SUM(A1)', '\t=1', '＝1+1', '\r=1'])(
  '%j is text for Excel, not a formula',
  (text) => {
    const [, cell] = /^\ufeff"?('.*?)"?\r\n$/s.exec(csv([[text]])) ?? [];

    expect(cell).toBe(`'${text}`);
  },
);

test('quotes, commas, semicolons, line ends and spaces at an end are kept', () => {
  expect(csv([['a "b"', 'c,d', 'e;f', 'g\nh', ' i ']])).toBe('\ufeff"a ""b""","c,d","e;f","g\nh"," i "\r\n');
});

test('a number is a number', () => {
  expect(csv([[-3]])).toBe('\ufeff-3\r\n');
});

test('an audit event is a row with its details as JSON', () => {
  const event: AuditEvent = {
    id: 'aud_1',
    at: '2026-01-02T03:04:05Z',
    action: 'USERS_MERGED',
    actor: 'operator:opr_1',
    actorName: '安娜',
    userId: 'usr_1',
    sessionId: null,
    app: null,
    detail: { reason: '=cmd()' },
  };

  const [columns, row] = auditRows([event]);

  expect(columns).toEqual([
    'at',
    'action',
    'actor',
    'actorName',
    'userId',
    'sessionId',
    'app',
    'detail',
    'id',
  ]);
  expect(row).toEqual([
    '2026-01-02T03:04:05Z',
    'USERS_MERGED',
    'operator:opr_1',
    '安娜',
    'usr_1',
    null,
    null,
    '{"reason":"=cmd()"}',
    'aud_1',
  ]);
});
