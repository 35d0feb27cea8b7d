//! The API: HTTP, GraphQL, sockets, limits, costs, and the pages that it serves.

mod bad_input;
mod bounds;
mod cost;
mod documents;
mod domain_files;
mod field_errors;
mod graphql_http;
mod headers;
mod landing;
mod limits;
mod payloads;
mod round_trips;
mod sockets;
