// The operations of the shop, with the types of their answers. A test validates them against schema.graphql.
import { operation } from '@guiyi/client/operations';
import type { Schema } from '@guiyi/client';

type Money = Pick<Schema.Money, 'amount' | 'currency'>;
type Sum = Pick<Schema.OrderTotalsOfApp, 'app' | 'count'> & { readonly net: Money };

/** One account as the shop shows it. */
export type Account = Pick<Schema.User, 'id' | 'nickname' | 'avatarUrl' | 'phone' | 'externalId'> & {
  readonly openIds: readonly Pick<Schema.LinkedOpenId, 'app' | 'openId'>[];
  readonly unionIds: readonly Pick<Schema.LinkedUnionId, 'unionId'>[];
  readonly merges: readonly Pick<Schema.Merge, 'id' | 'formerId'>[];
  readonly linkHistory: {
    readonly nodes: readonly Pick<Schema.LinkHistoryEntry, 'id' | 'rule' | 'undoneAt'>[];
  };
  readonly orders: {
    readonly totalCount: number;
    readonly totals: readonly (Pick<Schema.OrderTotals, 'currency' | 'count'> & {
      readonly net: Money;
      readonly byApp: readonly Sum[];
    })[];
  };
};

export type Device = Pick<Schema.OpenSession, 'id' | 'device' | 'app' | 'signedInAt' | 'isCurrent'>;
export type Preview = Pick<Schema.MergePreview, 'own' | 'other' | 'survivor' | 'clashes' | 'moves'>;

// region account
export const ACCOUNT = operation<{ me: Account | null }, Record<string, never>>(/* GraphQL */ `
  query Account {
    me {
      id
      nickname
      avatarUrl
      phone
      externalId
      openIds {
        app
        openId
      }
      unionIds {
        unionId
      }
      merges {
        id
        formerId
      }
      linkHistory(first: 6) {
        nodes {
          id
          rule
          undoneAt
        }
      }
      orders(first: 1) {
        totalCount
        totals {
          currency
          count
          net {
            amount
            currency
          }
          byApp {
            app
            count
            net {
              amount
              currency
            }
          }
        }
      }
    }
  }
`);
// endregion

// region sendCode
export const SEND_CODE = operation<
  { sendPhoneCode: { resendAt: string } },
  { phone: string; purpose: Schema.PhoneCodePurpose }
>(/* GraphQL */ `
  mutation SendCode($phone: String!, $purpose: PhoneCodePurpose!) {
    sendPhoneCode(phone: $phone, purpose: $purpose) {
      resendAt
    }
  }
`);
// endregion

type Code = { phone: string; code: string; claim: Schema.PhoneClaim | null };

// region bindPhone
export const BIND_PHONE = operation<{ bindPhone: { merged: boolean } }, Code>(/* GraphQL */ `
  mutation BindPhone($phone: String!, $code: String!, $claim: PhoneClaim) {
    bindPhone(phone: $phone, code: $code, claim: $claim) {
      merged
      user {
        externalId
      }
      session {
        accessToken
        refreshToken
        expiresAt
      }
    }
  }
`);
// endregion

export const CHANGE_PHONE = operation<{ changePhone: { merged: boolean } }, Code>(/* GraphQL */ `
  mutation ChangePhone($phone: String!, $code: String!, $claim: PhoneClaim) {
    changePhone(phone: $phone, code: $code, claim: $claim) {
      merged
      session {
        accessToken
        refreshToken
        expiresAt
      }
    }
  }
`);

// region preview
export const MERGE_PREVIEW = operation<{ mergePreview: Preview | null }, { token: string }>(/* GraphQL */ `
  query MergePreview($token: String!) {
    mergePreview(token: $token) {
      own {
        ...Side
      }
      other {
        ...Side
      }
      survivor
      clashes
      moves {
        openIds
        unionIds
        orders
        fields
      }
    }
  }
  fragment Side on MergeSide {
    id
    createdAt
    maskedPhone
    nickname
    avatarUrl
    hasExternalId
    openIds
    unionIds
    orders
  }
`);
// endregion

// region merge
export const MERGE = operation<
  { mergeUsers: { mergeId: string } },
  { token: string; keep: readonly Schema.MergeChoice[] }
>(/* GraphQL */ `
  mutation Merge($token: String!, $keep: [MergeChoice!]!) {
    mergeUsers(token: $token, keep: $keep) {
      mergeId
      session {
        accessToken
        refreshToken
        expiresAt
      }
    }
  }
`);
// endregion

// region undo
export const UNDO_MERGE = operation<{ undoMerge: { restoredId: string } }, { id: string }>(/* GraphQL */ `
  mutation UndoMerge($id: ID!) {
    undoMerge(id: $id) {
      restoredId
      session {
        accessToken
        refreshToken
        expiresAt
      }
    }
  }
`);
// endregion

// region devices
export const DEVICES = operation<{ sessions: readonly Device[] | null }, Record<string, never>>(
  /* GraphQL */ `
    query Devices {
      sessions {
        id
        device
        app
        signedInAt
        isCurrent
      }
    }
  `,
);

export const END_SESSION = operation<{ endSession: boolean }, { id: string }>(/* GraphQL */ `
  mutation EndSession($id: ID!) {
    endSession(id: $id)
  }
`);
// endregion
