//! Tests of message push over loopback sockets. Encryption and signatures are tested beside their code, with vectors.

mod delivery;
mod message;
mod modes;
mod receiver;
mod settings;
mod verification;
