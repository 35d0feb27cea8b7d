// The audit as a table for a file.
import type { AuditQuery } from './generated';

export type AuditEvent = NonNullable<AuditQuery['auditEvents']>['nodes'][number];

const COLUMNS = ['at', 'action', 'actor', 'actorName', 'userId', 'sessionId', 'app', 'detail', 'id'] as const;

/** Returns the rows of the file: the names of the columns first. Times are those of the service, in UTC. */
export function auditRows(events: readonly AuditEvent[]): (readonly (string | null)[])[] {
  const rows = events.map((event) =>
    COLUMNS.map((column) => (column === 'detail' ? JSON.stringify(event.detail) : event[column])),
  );
  return [[...COLUMNS], ...rows];
}
