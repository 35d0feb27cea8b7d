//! What the sandbox promises on the wire, one sentence each, over its router and without a socket.
//! The parts that need no request are tested beside their code.

mod authorize;
mod calls;
mod control;
mod control_page;
mod exchange;
mod faults;
mod global_token;
mod issued;
mod laptop;
mod malformed;
mod mini_program;
mod pages;
mod profile;
mod qrconnect;
mod refresh;
mod roster;
mod seed;
mod switches;
