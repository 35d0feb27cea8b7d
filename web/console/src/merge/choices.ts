// What a merge asks for, and what it does to the orders.
import { add } from '../format';
import type { CompareQuery, MergeChoice, MergeField, TwoQuery } from '../generated';

export type Preview = NonNullable<CompareQuery['mergePeoplePreview']>;
export type Half = NonNullable<TwoQuery['one']>;

/** The choices that were made: for each field the account whose value stays. */
export type Chosen = Partial<Record<MergeField, string>>;

/** Returns the choices for the clashes that exist; null while one is missing. */
export function choicesOf(clashes: readonly MergeField[], chosen: Chosen): MergeChoice[] | null {
  const choices = clashes.flatMap((field) => {
    const user = chosen[field];
    return user ? [{ field, user }] : [];
  });
  return choices.length === clashes.length ? choices : null;
}

export interface Sum {
  readonly currency: string;
  readonly count: number;
  readonly net: string;
}

/** Returns the orders of both accounts added up, for each currency. */
export function sumsOf(halves: readonly (Half | null)[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { currency, count, net } of halves.flatMap((half) => half?.orders?.totals ?? [])) {
    const before = sums.get(currency);
    sums.set(currency, {
      currency,
      count: (before?.count ?? 0) + count,
      net: before ? add(before.net, net.amount) : net.amount,
    });
  }
  return [...sums.values()];
}

/** Returns the value of a field of an account, as the operator may see it. */
export function valueOf(half: Half | null, field: MergeField): string | null {
  switch (field) {
    case 'PHONE':
      return half?.maskedPhone ?? null;
    case 'EXTERNAL_ID':
      return half?.externalId ?? null;
    case 'NICKNAME':
      return half?.nickname ?? null;
    case 'AVATAR_URL':
      return half?.avatarUrl ?? null;
  }
}
