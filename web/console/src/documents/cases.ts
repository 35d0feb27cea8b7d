// Two accounts: merges, cases, and what waits for a second operator.

import type * as Made from '../generated';
import { operation } from './operation';

export const COMPARE = operation<Made.CompareQuery, Made.CompareQueryVariables>(/* GraphQL */ `
  query Compare($one: ID!, $other: ID!) {
    mergePeoplePreview(user: $one, other: $other) {
      obstacles {
        kind
        app
        unionScope
      }
      survivor
      clashes
      moves {
        openIds
        unionIds
        orders
        fields
      }
      user {
        ...Side
      }
      other {
        ...Side
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

export const TWO = operation<Made.TwoQuery, Made.TwoQueryVariables>(/* GraphQL */ `
  query Two($one: ID!, $other: ID!, $orders: Boolean!) {
    one: user(id: $one) {
      ...Half
    }
    other: user(id: $other) {
      ...Half
    }
  }
  fragment Half on User {
    id
    nickname
    avatarUrl
    status
    maskedPhone
    externalId
    createdAt
    openIds {
      app
      openId
      lastLoginAt
    }
    unionIds {
      scope
      unionId
    }
    orders(first: 3) @include(if: $orders) {
      nodes {
        id
        orderNo
        app
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
        net {
          amount
        }
      }
    }
    linkHistory(first: 4) {
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
    }
  }
`);

export const CASES = operation<Made.CasesQuery, Made.CasesQueryVariables>(/* GraphQL */ `
  query Cases($filter: ConflictFilter!, $first: Int, $after: String) {
    conflicts(filter: $filter, first: $first, after: $after) {
      nodes {
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
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const MERGE = operation<Made.MergeMutation, Made.MergeMutationVariables>(/* GraphQL */ `
  mutation Merge($one: ID!, $other: ID!, $reason: String!, $survivor: ID, $keep: [MergeChoice!]!) {
    mergePeople(user: $one, other: $other, reason: $reason, survivor: $survivor, keep: $keep) {
      survivorId
      formerId
      mergeId
      pending {
        id
        expiresAt
      }
    }
  }
`);

export const UNDO = operation<Made.UndoMutation, Made.UndoMutationVariables>(/* GraphQL */ `
  mutation Undo($id: ID!, $reason: String!) {
    undoMerge(id: $id, reason: $reason) {
      survivorId
      restoredId
      pending {
        id
        expiresAt
      }
    }
  }
`);

export const RESOLVE = operation<Made.ResolveMutation, Made.ResolveMutationVariables>(/* GraphQL */ `
  mutation Resolve(
    $id: ID!
    $decision: ConflictDecision!
    $reason: String!
    $survivor: ID
    $keep: [MergeChoice!]!
  ) {
    resolveConflict(id: $id, decision: $decision, reason: $reason, survivor: $survivor, keep: $keep) {
      mergeId
      conflict {
        id
        closed {
          at
          decision
          by
          reason
        }
      }
      pending {
        id
        expiresAt
      }
    }
  }
`);

export const REQUESTS = operation<Made.RequestsQuery, Made.RequestsQueryVariables>(/* GraphQL */ `
  query Requests($first: Int, $after: String) {
    pendingRequests(first: $first, after: $after) {
      nodes {
        id
        kind
        userId
        otherUserId
        mergeId
        caseId
        maskedPhone
        reason
        requestedBy
        requestedByName
        requestedAt
        expiresAt
        isMine
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const APPROVE = operation<Made.ApproveMutation, Made.ApproveMutationVariables>(/* GraphQL */ `
  mutation Approve($id: ID!, $reason: String!) {
    approveRequest(id: $id, reason: $reason) {
      request {
        id
        kind
        userId
        otherUserId
      }
      merge {
        survivorId
        formerId
        mergeId
      }
      undo {
        survivorId
        restoredId
      }
      caseMerge {
        mergeId
      }
    }
  }
`);

export const DECLINE = operation<Made.DeclineMutation, Made.DeclineMutationVariables>(/* GraphQL */ `
  mutation Decline($id: ID!, $reason: String!) {
    declineRequest(id: $id, reason: $reason) {
      request {
        id
      }
    }
  }
`);

export const WOULD_MERGE = operation<Made.WouldMergeQuery, Made.WouldMergeQueryVariables>(/* GraphQL */ `
  query WouldMerge($id: ID!) {
    wouldMergeToday(mergeId: $id) {
      mergeId
      wouldMerge
      obstacles {
        kind
        app
        unionScope
      }
      clashes
      needsConsent
    }
  }
`);

export const DOUBTFUL = operation<Made.DoubtfulQuery, Made.DoubtfulQueryVariables>(/* GraphQL */ `
  query Doubtful($first: Int, $after: String) {
    doubtfulMerges(first: $first, after: $after) {
      nodes {
        mergeId
        rule
        mergedAt
        undoneAt
        survivorId
        formerId
        obstacles {
          kind
          app
          unionScope
        }
        clashes
        needsConsent
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
