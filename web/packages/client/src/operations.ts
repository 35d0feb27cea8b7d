/**
 * Operations for pages, with the types of their answers.
 *
 * @packageDocumentation
 */

import { operation, type OperationText } from './documents.js';
import type {
  BindPhoneWithWechatMutation,
  BindPhoneWithWechatMutationVariables,
  JsSdkConfigQuery,
  JsSdkConfigQueryVariables,
  LoginByPhoneMutation,
  LoginByPhoneMutationVariables,
  LoginByWechatPhoneMutation,
  LoginByWechatPhoneMutationVariables,
  OrdersQuery,
  OrdersQueryVariables,
  SendLoginCodeMutation,
  SendLoginCodeMutationVariables,
} from './generated.js';

export { operation, type OperationText };
export type { OrderFilter, OrdersQuery, OrdersQueryVariables } from './generated.js';

/** The orders of the person in all apps, newest first. */
export const ORDERS = operation<OrdersQuery, OrdersQueryVariables>(/* GraphQL */ `
  query Orders($first: Int, $after: String, $filter: OrderFilter) {
    me {
      orders(first: $first, after: $after, filter: $filter) {
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
          items {
            title
            quantity
            unitPrice {
              amount
              currency
            }
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

/** The signature of a page for WeChat's JS-SDK. */
export const JS_SDK_CONFIG = operation<JsSdkConfigQuery, JsSdkConfigQueryVariables>(/* GraphQL */ `
  query JsSdkConfig($app: String!, $url: String!) {
    jsSdkConfig(app: $app, url: $url) {
      appId
      timestamp
      nonceStr
      signature
    }
  }
`);

/** Binds the phone that the person shared in a mini program. */
export const BIND_PHONE_WITH_WECHAT = operation<
  BindPhoneWithWechatMutation,
  BindPhoneWithWechatMutationVariables
>(/* GraphQL */ `
  mutation BindPhoneWithWechat($app: String!, $kind: PhoneCheck!, $code: String!, $claim: PhoneClaim) {
    bindPhoneWithWechat(app: $app, kind: $kind, code: $code, claim: $claim) {
      merged
      user {
        id
        phone
      }
      session {
        accessToken
        refreshToken
        expiresAt
      }
    }
  }
`);

/** Sends a code to sign in with. See `@guiyi/client/phone`. */
export const SEND_LOGIN_CODE = operation<SendLoginCodeMutation, SendLoginCodeMutationVariables>(
  /* GraphQL */ `
    mutation SendLoginCode(
      $phone: String!
      $app: String
      $codeChallenge: String
      $humanToken: String
      $deviceToken: String
    ) {
      sendLoginCode(
        phone: $phone
        app: $app
        codeChallenge: $codeChallenge
        humanToken: $humanToken
        deviceToken: $deviceToken
      ) {
        expiresAt
        resendAt
      }
    }
  `,
);

/** Signs in with a phone and its code. */
export const LOGIN_BY_PHONE = operation<LoginByPhoneMutation, LoginByPhoneMutationVariables>(/* GraphQL */ `
  mutation LoginByPhone(
    $phone: String!
    $code: String!
    $codeVerifier: String
    $claim: PhoneClaim
    $deviceToken: String
  ) {
    loginByPhone(
      phone: $phone
      code: $code
      codeVerifier: $codeVerifier
      claim: $claim
      deviceToken: $deviceToken
    ) {
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
    }
  }
`);

/** Signs in to a mini program, and binds the phone that the person shared. */
export const LOGIN_BY_WECHAT_PHONE = operation<
  LoginByWechatPhoneMutation,
  LoginByWechatPhoneMutationVariables
>(/* GraphQL */ `
  mutation LoginByWechatPhone($input: WechatPhoneLoginInput!) {
    loginByWechatPhone(input: $input) {
      accessToken
      refreshToken
      expiresAt
      deviceToken
      isNewUser
      merged
      phoneRefusal {
        code
        detail
        retryAfter
        mergeOffer {
          token
          expiresAt
          maskedPhone
          maskedNickname
        }
      }
      user {
        id
        nickname
        avatarUrl
        phoneBound
      }
    }
  }
`);
