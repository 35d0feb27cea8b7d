//! The contents of pictures, where the database stores them.

use domain::PictureId;
use sea_orm::entity::prelude::*;

/// A content.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "picture_contents")]
pub struct Model {
    /// The id of the picture.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PictureId,
    /// The picture, as PNG or JPEG.
    pub content: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
