// People: the search, an account, and what is done with it.

import type * as Made from '../generated';
import { operation } from './operation';

export const FIND = operation<Made.FindQuery, Made.FindQueryVariables>(/* GraphQL */ `
  query Find($search: String!, $first: Int, $after: String) {
    people(search: $search, first: $first, after: $after) {
      nodes {
        matches {
          kind
          key
          app
          unionScope
          formerId
        }
        user {
          id
          nickname
          avatarUrl
          maskedPhone
          status
          createdAt
          externalId
          openIds {
            app
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const PERSON = operation<Made.PersonQuery, Made.PersonQueryVariables>(/* GraphQL */ `
  query Person($id: ID!, $orders: Boolean!, $cases: Boolean!) {
    user(id: $id) {
      id
      nickname
      avatarUrl
      status
      maskedPhone
      phoneBound
      externalId
      createdAt
      openIds {
        id
        app
        openId
        unionId
        nickname
        linkedAt
        lastLoginAt
        follows
        cancelledAt
      }
      unionIds {
        scope
        unionId
      }
      erasure {
        cause
        askedAt
        dueAt
      }
      merges {
        id
        formerId
        mergedAt
        undoableUntil
      }
      aliases {
        id
        mergedIntoId
        createdAt
      }
      sessions {
        id
        deviceId
        device
        addressBlock
        signedInAt
        lastUsedAt
        expiresAt
        app
      }
      orders(first: 1) @include(if: $orders) {
        totalCount
        nodes {
          app
          orderNo
          status
          placedAt
          total {
            amount
            currency
          }
        }
        totals {
          currency
          count
          gross {
            amount
          }
          refunded {
            amount
          }
          net {
            amount
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
      conflicts(first: 50) @include(if: $cases) {
        nodes {
          ...CaseParts
        }
        pageInfo {
          hasNextPage
        }
      }
    }
  }
  fragment CaseParts on Conflict {
    id
    kind
    userId
    otherUserId
    unionScope
    unionId
    maskedPhone
    openedAt
    decisions
    closed {
      at
      decision
      by
      reason
    }
  }
`);

export const PHONE = operation<Made.FullPhoneQuery, Made.FullPhoneQueryVariables>(/* GraphQL */ `
  query FullPhone($id: ID!) {
    user(id: $id) {
      id
      phone
    }
  }
`);

export const HISTORY = operation<Made.HistoryQuery, Made.HistoryQueryVariables>(/* GraphQL */ `
  query History($id: ID!, $first: Int, $after: String) {
    user(id: $id) {
      id
      linkHistory(first: $first, after: $after) {
        nodes {
          id
          rule
          actor
          at
          undoneAt
          otherUserId
          evidence {
            app
            openId
            unionScope
            unionId
            maskedPhone
            externalId
            decision
            reason
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const ORDERS = operation<Made.OrdersQuery, Made.OrdersQueryVariables>(/* GraphQL */ `
  query Orders($id: ID!, $first: Int, $after: String, $filter: OrderFilter, $sort: OrderSort) {
    user(id: $id) {
      id
      orders(first: $first, after: $after, filter: $filter, sort: $sort) {
        nodes {
          id
          orderNo
          app
          openId
          status
          placedAt
          total {
            amount
            currency
          }
          refunded {
            amount
            currency
          }
          items {
            title
            quantity
            unitPrice {
              amount
            }
          }
          deliveries {
            carrier
            trackingNo
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const MESSAGES = operation<Made.MessagesQuery, Made.MessagesQueryVariables>(/* GraphQL */ `
  query Messages($id: ID!) {
    user(id: $id) {
      id
      notices {
        id
        kind
        state
        attempts
        createdAt
        settledAt
      }
      phoneCodes {
        app
        sentAt
        expiresAt
        tries
        usedAt
        refusedAt
      }
    }
  }
`);

export const DISABLE = operation<Made.DisableMutation, Made.DisableMutationVariables>(/* GraphQL */ `
  mutation Disable($id: ID!, $reason: String!) {
    disableUser(id: $id, reason: $reason) {
      userId
      changed
      endedSessions
    }
  }
`);

export const ENABLE = operation<Made.EnableMutation, Made.EnableMutationVariables>(/* GraphQL */ `
  mutation Enable($id: ID!, $reason: String!) {
    enableUser(id: $id, reason: $reason) {
      userId
      changed
    }
  }
`);

export const END_SESSIONS = operation<Made.EndSessionsMutation, Made.EndSessionsMutationVariables>(
  /* GraphQL */ `
    mutation EndSessions($id: ID!, $reason: String!) {
      endSessions(id: $id, reason: $reason) {
        userId
        endedSessions
      }
    }
  `,
);

export const SET_PHONE = operation<Made.SetPhoneMutation, Made.SetPhoneMutationVariables>(/* GraphQL */ `
  mutation SetPhone($id: ID!, $phone: String!, $reason: String!) {
    setPhone(id: $id, phone: $phone, reason: $reason) {
      userId
      changed
      endedSessions
      pending {
        id
        expiresAt
      }
    }
  }
`);

export const ERASE = operation<Made.EraseMutation, Made.EraseMutationVariables>(/* GraphQL */ `
  mutation Erase($id: ID!, $reason: String!) {
    eraseUser(id: $id, reason: $reason) {
      userId
      changed
      pending {
        id
        expiresAt
      }
    }
  }
`);
