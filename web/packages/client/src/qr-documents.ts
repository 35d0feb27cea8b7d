// The operations of a login by a QR code. `npm run codegen` generates their types from schema.graphql.

import { operation } from './documents.js';
import type {
  QrLoginQuery,
  QrLoginQueryVariables,
  QrLoginStatusSubscription,
  QrLoginStatusSubscriptionVariables,
  StartQrLoginMutation,
  StartQrLoginMutationVariables,
} from './generated.js';

export const START_QR_LOGIN = operation<StartQrLoginMutation, StartQrLoginMutationVariables>(/* GraphQL */ `
  mutation StartQrLogin($input: StartQrLoginInput!) {
    startQrLogin(input: $input) {
      state
      qrText
      checkNumber
      expiresAt
    }
  }
`);

export const QR_LOGIN = operation<QrLoginQuery, QrLoginQueryVariables>(/* GraphQL */ `
  query QrLogin($state: String!) {
    qrLogin(state: $state) {
      status
      code
    }
  }
`);

export const QR_LOGIN_STATUS = operation<QrLoginStatusSubscription, QrLoginStatusSubscriptionVariables>(
  /* GraphQL */ `
    subscription QrLoginStatus($state: String!) {
      qrLoginStatus(state: $state) {
        status
        code
      }
    }
  `,
);
