// The team: who is signed in, numbers, apps, tokens and the audit.

import type * as Made from '../generated';
import { operation } from './operation';

export const OPERATOR = operation<Made.OperatorQuery, Made.OperatorQueryVariables>(/* GraphQL */ `
  query Operator {
    operator {
      id
      name
      role
      scopes
    }
  }
`);

export const SIGN_OUT = operation<Made.SignOutMutation, Made.SignOutMutationVariables>(/* GraphQL */ `
  mutation SignOut {
    endOperatorSession {
      ended
    }
  }
`);

export const NUMBERS = operation<Made.NumbersQuery, Made.NumbersQueryVariables>(/* GraphQL */ `
  query Numbers($since: DateTime!, $until: DateTime!) {
    statistics(since: $since, until: $until) {
      hours {
        hour
        logins
        newPeople
        merges
        undos
      }
      logins {
        app
        count
      }
      rules {
        rule
        count
      }
      openCases {
        kind
        count
        olderThanDay
        olderThanWeek
        oldestAt
      }
      sms {
        day
        codes
        codeCents
        notices
        noticeCents
      }
    }
  }
`);

export const HEALTH = operation<Made.HealthQuery, Made.HealthQueryVariables>(/* GraphQL */ `
  query Health {
    health {
      replicaStartedAt
      upstreams {
        app
        upstream
        refusesUntil
        runningCalls
        maxCalls
        lastFailure {
          operation
          kind
          at
        }
        lastSuccessAt
      }
      errors {
        hour
        code
        count
      }
      tokens {
        app
        kind
        fetchedAt
        expiresAt
        fetchingUntil
      }
      budgets {
        app
        exchanges
        maxExchanges
        followerCalls
        maxFollowerCalls
      }
      outbox {
        pending
        failed
        oldestAt
      }
      pushes {
        pending
        failed
        oldestAt
      }
      webhooks {
        name
        failures
        failedAt
        lastError
        goneAt
        queue {
          pending
          failed
          oldestAt
        }
      }
      sms {
        budgetCents
        leftCents
        today {
          day
          codes
          codeCents
          notices
          noticeCents
        }
      }
    }
  }
`);

export const SETTINGS = operation<Made.SettingsQuery, Made.SettingsQueryVariables>(/* GraphQL */ `
  query Settings {
    settings {
      version
      mode
      publicUrl
      consoleApps
      consoleGroups {
        group
        role
      }
      fourEyes
      requestHours
      warnings {
        path
        text
      }
    }
  }
`);

export const APPS = operation<Made.AppsQuery, Made.AppsQueryVariables>(/* GraphQL */ `
  query Apps {
    apps {
      name
      title
      kind
      appId
      start
      unionIds
      phone
      profile
      jsSdk
    }
  }
`);

export const TOKENS = operation<Made.TokensQuery, Made.TokensQueryVariables>(/* GraphQL */ `
  query Tokens($first: Int, $after: String) {
    serviceTokens(first: $first, after: $after) {
      nodes {
        id
        name
        scopes
        createdAt
        madeById
        expiresAt
        revokedAt
        lastUsedAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const CREATE_TOKEN = operation<Made.CreateTokenMutation, Made.CreateTokenMutationVariables>(
  /* GraphQL */ `
    mutation CreateToken($input: CreateServiceTokenInput!) {
      createServiceToken(input: $input) {
        id
        token
        expiresAt
      }
    }
  `,
);

export const REVOKE_TOKEN = operation<Made.RevokeTokenMutation, Made.RevokeTokenMutationVariables>(
  /* GraphQL */ `
    mutation RevokeToken($id: ID!, $reason: String!, $withMade: Boolean!) {
      revokeServiceToken(id: $id, reason: $reason, withMade: $withMade) {
        revokedIds
      }
    }
  `,
);

export const AUDIT = operation<Made.AuditQuery, Made.AuditQueryVariables>(/* GraphQL */ `
  query Audit($filter: AuditFilter!, $first: Int, $after: String) {
    auditEvents(filter: $filter, first: $first, after: $after) {
      nodes {
        id
        at
        action
        actor
        actorName
        userId
        sessionId
        app
        detail
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
