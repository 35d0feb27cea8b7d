//! What the sandbox promises about message push, one sentence each, over sockets of this machine.
//! WeChat's encryption and signatures are tested beside their code, with vectors.

mod delivery;
mod message;
mod modes;
mod receiver;
mod settings;
mod verification;
