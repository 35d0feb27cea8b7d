// The operations that every page needs. `npm run codegen` generates their types from schema.graphql.

import type {
  BeginLoginMutation,
  BeginLoginMutationVariables,
  LogoutMutation,
  LogoutMutationVariables,
  MeQuery,
  MeQueryVariables,
  RefreshSessionMutation,
  RefreshSessionMutationVariables,
  SignInMutation,
  SignInMutationVariables,
} from './generated.js';

/**
 * The text of one GraphQL operation, with the types of its answer and its variables.
 *
 * `TypedDocumentString` of GraphQL Code Generator is one, too.
 */
export type OperationText<Data = unknown, Variables = Record<string, unknown>> = {
  toString(): string;
  /** Never present: carries the types. */
  __apiType?: (variables: Variables) => Data;
};

/** Gives a text its types. */
export const operation = <Data, Variables>(text: string) => text as OperationText<Data, Variables>;

export const BEGIN_LOGIN = operation<BeginLoginMutation, BeginLoginMutationVariables>(/* GraphQL */ `
  mutation BeginLogin($input: BeginLoginInput!) {
    beginLogin(input: $input) {
      authorizeUrl
      state
    }
  }
`);

export const SIGN_IN = operation<SignInMutation, SignInMutationVariables>(/* GraphQL */ `
  mutation SignIn($input: LoginInput!) {
    login(input: $input) {
      accessToken
      refreshToken
      expiresAt
      deviceToken
      isNewUser
      user {
        id
        nickname
        avatarUrl
        phoneBound
      }
      mergeOffer {
        token
        expiresAt
        maskedPhone
        maskedNickname
      }
    }
  }
`);

export const REFRESH_SESSION = operation<RefreshSessionMutation, RefreshSessionMutationVariables>(
  /* GraphQL */ `
    mutation RefreshSession($refreshToken: String) {
      refreshSession(refreshToken: $refreshToken) {
        accessToken
        refreshToken
        expiresAt
      }
    }
  `,
);

export const LOGOUT = operation<LogoutMutation, LogoutMutationVariables>(/* GraphQL */ `
  mutation Logout {
    logout
  }
`);

export const ME = operation<MeQuery, MeQueryVariables>(/* GraphQL */ `
  query Me {
    me {
      id
      nickname
      avatarUrl
      phoneBound
    }
  }
`);
