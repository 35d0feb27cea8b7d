//! The public surface of the crate, against which providers in other crates are written. The test reads it from the
//! sources and compares it with `surface.txt`, so that a change of it is seen in review. `UPDATE_SURFACE=1 cargo test
//! -p providers --all-features --test surface` writes the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, ItemTrait, TraitItem, Type, UseTree, Visibility};

/// The folder of the crate.
const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The declarations in the sources: the public items of each file by name, the public methods by type, and the macros.
#[derive(Default)]
struct Declared {
    items: BTreeMap<(PathBuf, String), Vec<String>>,
    methods: BTreeMap<String, Vec<String>>,
    modules: BTreeMap<PathBuf, Vec<(String, bool)>>,
    exports: BTreeMap<PathBuf, Vec<(Vec<String>, String)>>,
    macros: BTreeSet<String>,
}

fn text(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let joined =
        [(" :: ", "::"), (" ,", ","), ("& ", "&"), ("< ", "<"), (" <", "<"), (" >", ">"), (" (", "("), (" :", ":")];
    let text = joined.into_iter().fold(text, |text, (wide, narrow)| text.replace(wide, narrow));
    [("( ", "("), (" )", ")"), ("[ ", "["), (" ]", "]"), (" ;", ";"), ("->", " -> "), ("  ", " "), ("' ", "'")]
        .into_iter()
        .fold(text, |text, (wide, narrow)| text.replace(wide, narrow))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Returns whether the item is only for tests inside the crate.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = text(attribute);
        text.contains("cfg(test)") || text.contains("cfg(doctest)")
    })
}

impl Declared {
    /// Reads a file and the modules in it.
    fn read(&mut self, file: &Path) {
        let source = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let of_macros = expanded(&parsed.items);
        let items = parsed.items.iter().chain(&of_macros);
        for item in items {
            self.note(file, item);
        }
    }

    fn note(&mut self, file: &Path, item: &Item) {
        match item {
            Item::Mod(module) if !is_test(&module.attrs) => match &module.content {
                None => self.module(file, &module.ident.to_string(), is_public(&module.vis)),
                Some((_, items)) if is_public(&module.vis) => {
                    let inside: Vec<_> = items.iter().map(text).collect();
                    self.item(file, &module.ident, vec![format!("mod {} {{ {} }}", module.ident, inside.join(" "))]);
                }
                Some(_) => {}
            },
            Item::Use(used) if is_public(&used.vis) => {
                let exports = self.exports.entry(file.to_owned()).or_default();
                flatten(&used.tree, &mut Vec::new(), exports);
            }
            Item::Struct(item) if is_public(&item.vis) && !is_test(&item.attrs) => {
                let mut lines = vec![format!("struct {}{}", item.ident, text(&item.generics))];
                lines.extend(derived(&item.attrs));
                if let Fields::Named(fields) = &item.fields {
                    let public = fields.named.iter().filter(|field| is_public(&field.vis));
                    lines.extend(
                        public.map(|field| format!("    {}: {}", field.ident.to_token_stream(), text(&field.ty))),
                    );
                }
                self.item(file, &item.ident, lines);
            }
            Item::Enum(item) if is_public(&item.vis) => {
                let head = format!("enum {}{}", item.ident, text(&item.generics));
                let lines =
                    item.variants.iter().map(|variant| format!("    {}{}", variant.ident, fields(&variant.fields)));
                self.item(file, &item.ident, [head].into_iter().chain(derived(&item.attrs)).chain(lines).collect());
            }
            Item::Trait(item) if is_public(&item.vis) => {
                let lines = methods_of_trait(item);
                self.item(file, &item.ident, lines);
            }
            Item::Fn(item) if is_public(&item.vis) => self.item(file, &item.sig.ident, vec![text(&item.sig)]),
            Item::Const(item) if is_public(&item.vis) => {
                self.item(file, &item.ident, vec![format!("const {}: {}", item.ident, text(&item.ty))]);
            }
            Item::Type(item) if is_public(&item.vis) => {
                self.item(file, &item.ident, vec![format!("type {} = {}", item.ident, text(&item.ty))]);
            }
            Item::Impl(item) => self.methods_of(item),
            Item::Macro(item) if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) => {
                let name = item.ident.as_ref().expect("the macro has a name");
                self.macros.insert(format!("providers::{name}!: macro"));
            }
            _ => {}
        }
    }

    fn item(&mut self, file: &Path, name: &syn::Ident, lines: Vec<String>) {
        self.items.insert((file.to_owned(), name.to_string()), lines);
    }

    fn module(&mut self, file: &Path, name: &str, is_public: bool) {
        self.modules.entry(file.to_owned()).or_default().push((name.to_owned(), is_public));
        self.read(&file_of(file, name));
    }

    fn methods_of(&mut self, item: &ItemImpl) {
        let Type::Path(path) = &*item.self_ty else { return };
        let Some(name) = path.path.segments.last().map(|segment| segment.ident.to_string()) else { return };
        let lines = match &item.trait_ {
            Some((_, implemented, _)) => vec![format!("    impl {}", text(implemented))],
            None => item.items.iter().filter_map(public_part).map(|part| format!("    {part}")).collect(),
        };
        self.methods.entry(name).or_default().extend(lines);
    }

    /// Collects what a module exports: its own public items and its re-exports from its modules.
    fn surface(&self, file: &Path, path: &str, surface: &mut BTreeSet<String>) {
        for ((_, name), _) in self.items.iter().filter(|((of, _), _)| of == file) {
            surface.insert(self.described(file, name, path));
        }
        for (from, name) in self.exports.get(file).into_iter().flatten() {
            let is_own = |(module, _): &&(String, bool)| from.first() == Some(module);
            let module = self.modules.get(file).into_iter().flatten().find(is_own);
            surface.insert(match module {
                Some(_) => self.described(
                    &from.iter().fold(file.to_owned(), |file, module| file_of(&file, module)),
                    name,
                    path,
                ),
                None => format!("{path}::{name}: use {}::{name}", from.join("::")),
            });
        }
        for (module, _) in self.modules.get(file).into_iter().flatten().filter(|(_, is_public)| *is_public) {
            self.surface(&file_of(file, module), &format!("{path}::{module}"), surface);
        }
    }

    /// Describes an item of a file, which is exported at a path.
    fn described(&self, file: &Path, name: &str, path: &str) -> String {
        let Some(lines) = self.items.get(&(file.to_owned(), name.to_owned())) else {
            panic!("{path}::{name} is not declared in {}", file.display());
        };
        let mut methods = self.methods.get(name).cloned().unwrap_or_default();
        methods.sort();
        format!("{path}::{name}: {}", [lines.clone(), methods].concat().join("\n"))
    }
}

/// Returns the items that the macros of a file declare, each under a name that the macro takes.
fn expanded(items: &[Item]) -> Vec<Item> {
    let macros = items.iter().filter_map(|item| if let Item::Macro(item) = item { Some(item) } else { None });
    let (defined, called): (Vec<_>, Vec<_>) = macros.partition(|item| item.ident.is_some());
    let calls = called.into_iter().filter_map(|call| {
        let name = call.mac.tokens.clone().into_iter().last()?.to_string();
        let defined =
            defined.iter().find(|item| item.ident.as_ref().is_some_and(|ident| call.mac.path.is_ident(ident)))?;
        let tokens = defined.mac.tokens.to_string();
        let body = tokens.split_once("=>")?.1.split_once('{')?.1.rsplit_once('}')?.0.replace("$ name", &name);
        let body = body.replace("$name", &name).replace("# [", "#[");
        let (_, declared) = body.split_once("#[derive").expect("the macro declares a struct");
        Some(syn::parse_file(&format!("#[derive{declared}")).expect("a macro of items").items)
    });
    calls.flatten().collect()
}

fn derived(attributes: &[Attribute]) -> Option<String> {
    let derives = attributes.iter().find(|attribute| attribute.path().is_ident("derive"))?;
    Some(format!("    {}", text(&derives.meta)))
}

/// Returns the fields of a variant, without their documentation.
fn fields(fields: &Fields) -> String {
    let each = fields.iter().map(|field| match &field.ident {
        Some(name) => format!("{name}: {}", text(&field.ty)),
        None => text(&field.ty),
    });
    let each = each.collect::<Vec<_>>().join(", ");
    match fields {
        Fields::Named(_) => format!(" {{ {each} }}"),
        Fields::Unnamed(_) => format!("({each})"),
        Fields::Unit => String::new(),
    }
}

fn methods_of_trait(item: &ItemTrait) -> Vec<String> {
    let methods = item.items.iter().filter_map(|method| {
        let TraitItem::Fn(method) = method else { return None };
        let kind = if method.default.is_some() { "provided" } else { "required" };
        Some(format!("    {kind} {}", text(&method.sig)))
    });
    [format!("trait {}: {}", item.ident, text(&item.supertraits))].into_iter().chain(methods).collect()
}

fn public_part(item: &ImplItem) -> Option<String> {
    match item {
        ImplItem::Fn(method) if is_public(&method.vis) => Some(text(&method.sig)),
        ImplItem::Const(item) if is_public(&item.vis) => Some(format!("const {}: {}", item.ident, text(&item.ty))),
        _ => None,
    }
}

/// Returns the paths and the names of an export.
fn flatten(tree: &UseTree, path: &mut Vec<String>, exports: &mut Vec<(Vec<String>, String)>) {
    match tree {
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            flatten(&inner.tree, path, exports);
            path.pop();
        }
        UseTree::Name(name) => exports.push((path.clone(), name.ident.to_string())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, path, exports)),
        UseTree::Rename(_) | UseTree::Glob(_) => panic!("exports have names: {}", text(tree)),
    }
}

/// Returns the file of a module that another file declares.
fn file_of(parent: &Path, name: &str) -> PathBuf {
    let folder = parent.parent().expect("a folder");
    let stem = parent.file_stem().expect("a name");
    let folder = if stem == "lib" || stem == "mod" { folder.to_owned() } else { folder.join(stem) };
    let file = folder.join(format!("{name}.rs"));
    if file.exists() { file } else { folder.join(name).join("mod.rs") }
}

#[test]
fn the_public_surface_is_the_one_in_the_file() {
    let root = Path::new(CRATE).join("src/lib.rs");
    let mut declared = Declared::default();
    declared.read(&root);
    let mut surface = declared.macros.clone();
    declared.surface(&root, "providers", &mut surface);
    let surface = surface.into_iter().collect::<Vec<_>>().join("\n\n") + "\n";

    let file = Path::new(CRATE).join("surface.txt");
    if std::env::var_os("UPDATE_SURFACE").is_some() {
        std::fs::write(&file, &surface).expect("the file can be written");
    }
    let recorded = std::fs::read_to_string(&file).unwrap_or_default();
    let difference: Vec<_> = surface.lines().filter(|line| !recorded.lines().any(|other| other == *line)).collect();
    let gone: Vec<_> = recorded.lines().filter(|line| !surface.lines().any(|other| other == *line)).collect();
    assert!(
        recorded == surface,
        "the public surface has changed.\nnew: {difference:#?}\ngone: {gone:#?}\nIf this is intended, run \
         `UPDATE_SURFACE=1 cargo test -p providers --all-features --test surface`, and tell authors of providers."
    );
    for item in ["providers::IdentityProvider: trait", "    fn parse(text", "providers::contract::Tape: struct"] {
        assert!(surface.contains(item), "{item} is not read");
    }
}
