//! What the sandbox promises on the wire, one sentence each, over its router and without a socket.
//! The parts that need no request are tested beside their code.

mod authorize;
mod calls;
mod control;
mod control_page;
mod encrypted_data;
mod exchange;
mod faults;
mod faults_by_form;
mod fuzz;
mod global_token;
mod hosts;
mod ip_list;
mod issued;
mod laptop;
mod malformed;
mod migration;
mod mini_program;
mod pages;
mod profile;
mod push;
mod qrconnect;
mod quotas;
mod refresh;
mod roster;
mod seed;
mod switches;
mod ticket;
mod twists;
mod users;
mod way_back;
mod wecom;
mod wecom_login;
