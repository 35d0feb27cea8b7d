//! The repository: its architecture, its documentation, and the files for operations.

mod architecture;
mod ops;
mod pages;
mod security_page;
